import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { decryptSalted } from "../../../src/radius/salted.ts";
import { shippedDictionary as dictionary, hex } from "../../support/wire.ts";
import { uncut } from "./uncut.ts";

const secrets = { secret: Buffer.from("testing123"), authenticator: hex("000102030405060708090a0b0c0d0e0f") };
const read = (raw: readonly RawAttribute[]) => decodeAttributes(dictionary, raw, secrets);
const again = (raw: readonly RawAttribute[]) => encodeAttributes(dictionary, read(raw), secrets);
const shown = (raw: readonly RawAttribute[]) => raw.map(({ type, value }) => `${type} ${value.toString("hex")}`);

const cases: readonly (readonly [string, string])[] = [
  ["a Vendor-Specific whose inside is no attribute", "26 00000009016341"],
  ["one of a vendor that nobody knows", "26 00fedcba0105616263"],
  ["one that is too short for a vendor", "26 0000"],
  ["an address of two octets", "8 0a00"],
  ["a number of three octets", "27 000102"],
  ["a tagged number of three octets", "64 010203"],
  ["a tagged number whose first octet is no tag", "64 2000000d"],
  ["a prefix with more octets than it needs", "97 004020010db800010000000000000000ffff"],
  ["a prefix with bits behind its end", "97 000920ff"],
  ["a prefix whose reserved octet is set", "97 010820"],
  ["a tagged text with a tag of zero", "81 0076"],
  ["a tagged text with a tag of zero before what looks like a tag", "81 0005"],
  ["a tagged text that is only a tag", "81 05"],
  ["an empty tagged text", "81 "],
  ["a Tunnel-Password that cannot be read", "69 018001aabb"],
  ["a User-Password of fifteen octets", "2 000102030405060708090a0b0c0d0e"],
  ["a text that is no UTF-8", "1 6dfc6c6c6572"],
  ["a text with a NUL", "44 303200"],
  ["a TLV whose length does not fit", "241 060109"],
  ["a TLV with something unknown in it", "241 06c80401020306c0000201"],
  ["a long extended attribute that says that more comes, and none comes", `245 0180${"00".repeat(251)}`],
  ["one that goes on before it is full", "246 01800102"],
  ["an extended vendor's attribute without a type", "241 1a00000009"],
  ["an extended vendor's attribute", "241 1a000000090561"],
  ["filter rules with an empty one between", "92 61000062"],
  ["an empty filter rule", "92 "],
  ["a filter rule after a NUL", "92 0061"],
  ["a filter rule that ends in a NUL", "92 6100"],
];

const rawOf = (text: string): RawAttribute => {
  const [type = "", value = ""] = text.split(" ");
  return { type: Number(type), value: hex(value) };
};

test.each(cases)("%s goes out as it came", (_, text) => {
  const raw = [rawOf(text)];
  expect(shown(again(raw))).toEqual(shown(raw));
});

test("filter rules that each end in a NUL are read by name", () => {
  const raw = [rawOf("92 6100"), rawOf("92 620000")];
  expect(read(raw).map(({ name, value }) => [name, value])).toEqual([
    ["NAS-Filter-Rule", "a"],
    ["NAS-Filter-Rule", "b"],
  ]);
  expect(shown(again(raw))).toEqual(["92 6100620000"]);
});

test("filter rules apart from each other stay where they are", () => {
  const raw = [rawOf("92 61"), rawOf("1 62"), rawOf("92 63")];
  expect(shown(again(raw))).toEqual(shown(raw));
});

test("a text without a tag whose first octet would be taken for one gets a tag octet of zero", () => {
  const [raw] = encodeAttributes(dictionary, [{ name: "Tunnel-Private-Group-Id", value: "\x01\x02" }], secrets);
  expect(raw?.value).toEqual(hex("000102"));
  expect(read(raw ? [raw] : [])).toEqual([{ name: "Tunnel-Private-Group-Id", value: "\x01\x02" }]);
});

describe("whatever arrives", () => {
  const hidden = new Set(
    dictionary
      .attributes()
      .filter(({ encrypt }) => encrypt !== 0)
      .map(({ name }) => name),
  );
  const numbers = [1, 8, 26, 26, 26, 64, 69, 79, 81, 92, 97, 123, 155, 241, 242, 245, 246];
  const vendors = ["00000009", "00003a8c", "0000130a", "00000137", "0000372a", "00fedcba"];
  const octets = (most: number) => fc.uint8Array({ maxLength: most }).map((all) => Buffer.from(all));
  const anyNumber = fc.record({
    type: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...numbers)),
    value: octets(60),
  });
  const anyVendor = fc
    .tuple(fc.constantFrom(...vendors), fc.nat(255), octets(40), fc.boolean())
    .map(([vendor, number, value, isWhole]) => {
      const header = isWhole ? Buffer.of(number, value.length + 2) : Buffer.of(number);
      return { type: 26, value: Buffer.concat([hex(vendor), header, value]) };
    });
  const anyAttribute = fc.oneof(anyNumber, anyVendor);

  test("goes out with the same octets", () => {
    fc.assert(
      fc.property(fc.array(anyAttribute, { maxLength: 8 }), (raw) => {
        fc.pre(!read(raw).some(({ name, octets: kept }) => hidden.has(name) && !kept));
        expect(uncut(again(raw))).toEqual(uncut(raw));
      }),
      { numRuns: 5_000 },
    );
  });

  test("is the same when it is read again, also what was hidden", () => {
    fc.assert(
      fc.property(fc.array(anyAttribute, { maxLength: 8 }), (raw) => {
        expect(read(again(raw))).toEqual(read(raw));
      }),
      { numRuns: 3_000 },
    );
  });
});

const impossible = [
  "Attr-256",
  "Attr-300",
  "Attr-241.300",
  "Attr-26.9.999",
  "Attr-26.4294967296.1",
  "Attr-241.26.9",
  "Attr-26.9.1.256",
  "Attr-5.300",
];
test.each(impossible)("%s is no attribute: its number has no room on the wire", (name) => {
  expect(() => encodeAttributes(dictionary, [{ name, value: hex("01") }], secrets)).toThrow(
    expect.objectContaining({ code: "unknown-attribute" }),
  );
});

test("rfc2868-3.5: no two hidden values of one packet have the same salt", () => {
  const keys = Array.from({ length: 1_000 }, () => ({ name: "MS-MPPE-Send-Key", value: hex("0102") }));
  const raw = encodeAttributes(dictionary, keys, secrets);
  const salts = raw.map(({ value }) => value.subarray(6, 8).toString("hex"));
  expect(new Set(salts).size).toBe(keys.length);
  expect(raw.every(({ value }) => ((value[6] ?? 0) & 0x80) !== 0)).toBe(true);
  expect(decryptSalted(raw[999]?.value.subarray(6) ?? hex(""), secrets)).toEqual(hex("0102"));
});

test("a secret that is longer than its attribute hides is refused, not cut", () => {
  const long = { name: "Ascend-Send-Secret", value: "seventeen octets!" };
  expect(() => encodeAttributes(dictionary, [long], secrets)).toThrow(
    expect.objectContaining({ code: "value-too-long" }),
  );
});
