import { describe, expect, test } from "vitest";
import type { AttributeValue } from "../../../src/radius/attribute.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { hex } from "../../support/wire.ts";
import { dictionaryOf } from "../dictionary/dictionary-of.ts";

/** One attribute of each type, named after it: few of them stand in the dictionaries that are shipped. */
const types = [
  "string",
  "octets",
  "octets[4]",
  "integer",
  "integer64",
  "byte",
  "short",
  "signed",
  "date",
  "ipaddr",
  "ipv6addr",
  "ipv4prefix",
  "ipv6prefix",
  "combo-ip",
  "ifid",
  "ether",
  "abinary",
];
const dictionary = await dictionaryOf({
  dictionary: types.map((type, index) => `ATTRIBUTE A-${type} ${index + 100} ${type}\n`).join(""),
});
const secrets = { secret: Buffer.from("testing123"), authenticator: Buffer.alloc(16) };

function written(type: string, value: AttributeValue): string[] {
  const raw = encodeAttributes(dictionary, [{ name: `A-${type}`, value }], secrets);
  return raw.map((one) => one.value.toString("hex"));
}
function read(type: string, octets: Buffer) {
  const raw = [{ type: types.indexOf(type) + 100, value: octets }];
  return { raw, attributes: decodeAttributes(dictionary, raw, secrets) };
}

/** `from`: the other ways of writing the value that come to the same octets. */
interface Example {
  readonly type: string;
  readonly value: AttributeValue;
  readonly octets: string;
  readonly from?: readonly AttributeValue[];
}
const two = (power: bigint): bigint => 2n ** power;

const examples: readonly Example[] = [
  { type: "byte", value: 0, octets: "00" },
  { type: "byte", value: 255, octets: "ff", from: [255n] },
  { type: "short", value: 0x1234, octets: "1234" },
  { type: "short", value: 65_535, octets: "ffff" },
  // RFC 8044 section 3.1
  { type: "integer", value: 0, octets: "00000000" },
  { type: "integer", value: 0x01020304, octets: "01020304" },
  { type: "integer", value: 4_294_967_295, octets: "ffffffff" },
  { type: "signed", value: -1, octets: "ffffffff" },
  { type: "signed", value: -2_147_483_648, octets: "80000000" },
  { type: "signed", value: 2_147_483_647, octets: "7fffffff" },
  // RFC 8044 section 3.12
  { type: "integer64", value: 0n, octets: "0000000000000000", from: [0] },
  { type: "integer64", value: 0x0102030405060708n, octets: "0102030405060708" },
  { type: "integer64", value: two(64n) - 1n, octets: "ffffffffffffffff" },
  // RFC 8044 section 3.3: unsigned, so that it goes on after 2038.
  { type: "date", value: 0, octets: "00000000" },
  { type: "date", value: 1_700_000_000, octets: "6553f100" },
  { type: "date", value: 4_294_967_295, octets: "ffffffff" },
  { type: "ether", value: "00:1b:21:aa:bb:0c", octets: "001b21aabb0c", from: ["0:1B:21:AA:BB:C", "00-1b-21-aa-bb-0c"] },
  // RFC 8044 sections 3.8 and 3.9
  { type: "ipaddr", value: "192.0.2.1", octets: "c0000201" },
  { type: "ipaddr", value: "255.255.255.254", octets: "fffffffe" },
  { type: "ipv6addr", value: "2001:db8::1", octets: "20010db8000000000000000000000001", from: ["2001:0DB8:0::0:1"] },
  {
    type: "ipv6addr",
    value: "::ffff:c000:201",
    octets: "00000000000000000000ffffc0000201",
    from: ["::ffff:192.0.2.1"],
  },
  { type: "ipv6addr", value: "::", octets: "00000000000000000000000000000000" },
  { type: "combo-ip", value: "192.0.2.1", octets: "c0000201" },
  { type: "combo-ip", value: "2001:db8::1", octets: "20010db8000000000000000000000001" },
  // RFC 8044 section 3.11: six octets, however short the prefix is.
  { type: "ipv4prefix", value: "198.51.100.0/24", octets: "0018c6336400", from: ["198.51.100.7/24"] },
  { type: "ipv4prefix", value: "198.51.100.7/32", octets: "0020c6336407", from: ["198.51.100.7"] },
  { type: "ipv4prefix", value: "128.0.0.0/1", octets: "000180000000", from: ["255.255.255.255/1"] },
  { type: "ipv4prefix", value: "0.0.0.0/32", octets: "002000000000", from: ["0.0.0.0"] },
  // RFC 8044 section 3.10: no more octets than the prefix needs.
  { type: "ipv6prefix", value: "::/0", octets: "0000" },
  { type: "ipv6prefix", value: "2001:db8::/32", octets: "002020010db8", from: ["2001:db8::1/32"] },
  { type: "ipv6prefix", value: "2001:db8:0:8::/61", octets: "003d20010db800000008", from: ["2001:db8:0:f::/61"] },
  {
    type: "ipv6prefix",
    value: "2001:db8::1/128",
    octets: "008020010db8000000000000000000000001",
    from: ["2001:db8::1"],
  },
  // RFC 8044 section 3.7
  { type: "ifid", value: "200:5eff:fe00:5213", octets: "02005efffe005213", from: ["0200:5EFF:FE00:5213"] },
  { type: "ifid", value: "0:0:0:1", octets: "0000000000000001" },
  { type: "string", value: "Zoë", octets: "5a6fc3ab", from: [hex("5a6fc3ab")] },
  { type: "octets", value: hex("00ff"), octets: "00ff" },
  { type: "octets[4]", value: hex("00010203"), octets: "00010203" },
  // Ascend's filter in 32 octets: IP, forward no, direction in, any address to any, TCP, destination port 25.
  {
    type: "abinary",
    value: hex("01000100 00000000 00000000 00000600 00000019 00020000 00000000 00000000"),
    octets: "0100010000000000000000000000060000000019000200000000000000000000",
  },
];

test.each(examples)(
  "$type $value is $octets on the wire, and read back from there",
  ({ type, value, octets, from }) => {
    for (const one of [value, ...(from ?? [])]) expect(written(type, one)).toEqual([octets]);
    expect(read(type, hex(octets)).attributes).toEqual([{ name: `A-${type}`, value }]);
  },
);

test("an example stands here for every type of value", () => {
  expect(types.filter((type) => !examples.some((example) => example.type === type))).toEqual([]);
});

const refused: readonly (readonly [string, readonly AttributeValue[]])[] = [
  ["byte", [256, -1, 1.5, Number.NaN, "1"]],
  ["short", [65_536, -1]],
  ["integer", [4_294_967_296, -1, two(32n), 0.5, Number.POSITIVE_INFINITY, "1", hex("00000001")]],
  ["signed", [2_147_483_648, -2_147_483_649]],
  ["integer64", [two(64n), -1n, -1, 1.5]],
  ["date", [4_294_967_296, -1, "2026-03-01"]],
  ["ether", ["00:1b:21:aa:bb", "00:1b:21:aa:bb:0c:0d", "00:1b:21:aa:bb:gg", "001b21aabb0c", "000:1b:21:aa:bb:0c", 1]],
  ["ipaddr", ["192.0.2", "192.0.2.256", "192.0.2.1.1", "0xc0000201", "2001:db8::1", "", 3_221_225_985]],
  ["ipv6addr", ["192.0.2.1", "2001:db8::g", "2001:db8::1%eth0", "1:2:3:4:5:6:7", "1::2::3", ""]],
  ["combo-ip", ["192.0.2.256", "2001:db8::g", "2001:db8::1%eth0", "", 1]],
  [
    "ipv4prefix",
    ["198.51.100.0/33", "198.51.100.0/-1", "198.51.100.0/", "198.51.100/24", "198.51.100.0/24/24", "::/0"],
  ],
  // RFC 8044 section 3.11: "If the address is all zeros, then the Prefix-Length MUST be set to 32."
  ["ipv4prefix", ["0.0.0.0/0", "0.0.0.0/31", "10.0.0.0/0"]],
  ["ipv6prefix", ["2001:db8::/129", "2001:db8::/x", "2001:db8::/", "2001:db8::/1/1", "198.51.100.0/24"]],
  ["ifid", ["1:2:3", "1:2:3:4:5", "1:2:3:12345", "1:2:3:g", "::1"]],
  ["octets", ["text", 1]],
  ["octets[4]", [hex("000102"), hex("0001020304"), hex("")]],
  ["abinary", ["ip in drop tcp", 1]],
];

const shown = (value: AttributeValue): string =>
  Buffer.isBuffer(value)
    ? `the octets ${value.toString("hex")}`
    : typeof value === "string"
      ? `"${value}"`
      : String(value);
const refusals = refused.flatMap(([type, values]) => values.map((value) => ({ type, shown: shown(value), value })));

test.each(refusals)("$type refuses $shown: it would be something else on the wire", ({ type, value }) => {
  expect(() => written(type, value)).toThrow(expect.objectContaining({ code: "invalid-value" }));
});

test.each(types)("%s refuses more octets than an attribute holds", (type) => {
  const room = { name: `A-${type}`, value: Buffer.alloc(254) };
  expect(() => encodeAttributes(dictionary, [room], secrets)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^(invalid-value|value-too-long)$/) }),
  );
});

describe("octets that cannot be a value of their type stay octets, and go out again as they came", () => {
  const impossible: readonly (readonly [string, readonly string[]])[] = [
    ["byte", ["", "0001"]],
    ["short", ["", "01", "010203"]],
    ["integer", ["", "010203", "0102030405"]],
    ["signed", ["ffffff", "ffffffffff"]],
    ["integer64", ["01020304", "010203040506070809"]],
    ["date", ["6553f1", "6553f10000"]],
    ["ether", ["001b21aabb", "001b21aabb0c0d"]],
    ["ipaddr", ["", "c00002", "c000020101"]],
    ["ipv6addr", ["20010db8", "20010db80000000000000000000000010a"]],
    ["combo-ip", ["", "c00002", "c000020101", "20010db80000000000000000000001"]],
    // RFC 8044 section 3.11: longer than 32 is invalid; the two bits that RFC 6572 had reserved count.
    ["ipv4prefix", ["", "0018c63364", "0018c633640000", "0021c6336400", "0058c6336400", "00ffc6336400"]],
    ["ipv4prefix", ["000000000000", "001f00000000"]],
    // RFC 8044 section 3.10
    ["ipv6prefix", ["", "00", "008120010db8", "002020010d", "008020010db800000000000000000000000100"]],
    ["ifid", ["", "00000000000001", "000000000000000001"]],
    ["octets[4]", ["", "000102", "0001020304"]],
    ["string", ["6dfc6c6c6572"]],
  ];
  test.each(impossible)("%s: %j", (type, all) => {
    for (const octets of all.map(hex)) {
      const { raw, attributes } = read(type, octets);
      expect(attributes.map(({ name, value }) => [name, value])).toEqual([[`A-${type}`, octets]]);
      expect(encodeAttributes(dictionary, attributes, secrets)).toEqual(raw);
    }
  });
});

describe("octets that say a value in a longer form are that value, and go out again as they came", () => {
  const longer: readonly (readonly [type: string, octets: string, value: string])[] = [
    ["ipv4prefix", "0018c6336407", "198.51.100.0/24"],
    ["ipv4prefix", "0118c6336400", "198.51.100.0/24"],
    ["ipv6prefix", "002020010db80000", "2001:db8::/32"],
    ["ipv6prefix", "002120010db8ff", "2001:db8:8000::/33"],
    ["ipv6prefix", "012020010db8", "2001:db8::/32"],
  ];
  test.each(longer)("%s: %s is %s", (type, octets, value) => {
    const { raw, attributes } = read(type, hex(octets));
    expect(attributes).toEqual([{ name: `A-${type}`, value, octets: hex(octets) }]);
    expect(encodeAttributes(dictionary, attributes, secrets)).toEqual(raw);
  });
});
