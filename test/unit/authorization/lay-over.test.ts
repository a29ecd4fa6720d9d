import { describe, expect, test } from "vitest";
import { layOver } from "../../../src/authorization/lay-over.ts";
import { settingKey } from "../../../src/coa/setting-key.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";

const CISCO = 9;
const MIKROTIK = 14988;

const plain = (type: number, text: string): RawAttribute => ({ type, value: Buffer.from(text, "latin1") });

const vendor = (id: number, ...inner: readonly [type: number, text: string][]): RawAttribute => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(id);
  const packed = inner.map(([type, text]) =>
    Buffer.concat([Buffer.of(type, text.length + 2), Buffer.from(text, "latin1")]),
  );
  return { type: 26, value: Buffer.concat([header, ...packed]) };
};

const lay = (given: readonly RawAttribute[], overlay: readonly RawAttribute[]) =>
  layOver(given, overlay, (id, type, text) => (id === CISCO && type === 1 ? settingKey(text) : undefined));

describe("laying a profile over what the upstream gave", () => {
  test("an empty overlay changes nothing", () => {
    const given = [plain(11, "gold"), vendor(MIKROTIK, [8, "10M/10M"])];
    expect(lay(given, [])).toEqual(given);
  });

  test("replaces every attribute of the same type and leaves the others in their order", () => {
    const given = [plain(11, "gold"), plain(27, "aaaa"), plain(11, "gold2"), plain(8, "addr")];
    expect(lay(given, [plain(11, "garden")])).toEqual([plain(27, "aaaa"), plain(8, "addr"), plain(11, "garden")]);
  });

  test("a vendor's attribute replaces only that vendor's attribute of that type", () => {
    const given = [vendor(MIKROTIK, [8, "10M/10M"]), vendor(MIKROTIK, [19, "list"]), vendor(4874, [8, "other"])];
    expect(lay(given, [vendor(MIKROTIK, [8, "1M/1M"])])).toEqual([
      vendor(MIKROTIK, [19, "list"]),
      vendor(4874, [8, "other"]),
      vendor(MIKROTIK, [8, "1M/1M"]),
    ]);
  });

  test("attributes packed into one Vendor-Specific are replaced one by one", () => {
    const given = [vendor(MIKROTIK, [8, "10M/10M"], [19, "list"], [3, "group"])];
    expect(lay(given, [vendor(MIKROTIK, [19, "garden"])])).toEqual([
      vendor(MIKROTIK, [8, "10M/10M"], [3, "group"]),
      vendor(MIKROTIK, [19, "garden"]),
    ]);
  });

  test("of Cisco's key=value texts only those with the same key are replaced", () => {
    const given = [
      vendor(CISCO, [1, "ip:addr-pool=pool1"]),
      vendor(CISCO, [1, "ip:sub-qos-policy-in=gold"]),
      vendor(CISCO, [1, "ip:sub-qos-policy-in*gold"]),
      vendor(CISCO, [1, "subscriber:Sub-QoS-Policy-In=gold"]),
    ];
    expect(lay(given, [vendor(CISCO, [1, "ip:sub-qos-policy-in=slow"])])).toEqual([
      vendor(CISCO, [1, "ip:addr-pool=pool1"]),
      vendor(CISCO, [1, "ip:sub-qos-policy-in=slow"]),
    ]);
  });

  test("an extended attribute is replaced by its path, not by its outer type", () => {
    const given = [plain(241, "\x05limit"), plain(241, "\x06range"), plain(245, "\x01\x00long")];
    expect(lay(given, [plain(241, "\x05other")])).toEqual([
      plain(241, "\x06range"),
      plain(245, "\x01\x00long"),
      plain(241, "\x05other"),
    ]);
  });

  test("a Vendor-Specific in a layout of its own is kept whole", () => {
    const odd = { type: 26, value: Buffer.from("0000006401ff00", "hex") };
    const short = { type: 26, value: Buffer.from("0000", "hex") };
    expect(lay([odd, short], [plain(11, "garden")])).toEqual([odd, short, plain(11, "garden")]);
    expect(lay([odd, short], [vendor(100, [1, "x"])])).toEqual([odd, short, vendor(100, [1, "x"])]);
  });
});
