import { describe, expect, test } from "vitest";
import type { Attribute } from "../../../src/radius/attribute.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { hex } from "../../support/wire.ts";
import { dictionaryOf } from "../dictionary/dictionary-of.ts";

const dictionary = await dictionaryOf({
  dictionary: `
ATTRIBUTE Short         241     extended
ATTRIBUTE Short-Vendor  241.26  evs
ATTRIBUTE Text          241.1   string
ATTRIBUTE Pair          241.2   tlv
ATTRIBUTE Pair-1        241.2.1 octets
ATTRIBUTE Pair-3        241.2.3 tlv
ATTRIBUTE Pair-31       241.2.3.1 octets
ATTRIBUTE Long          245     long-extended
ATTRIBUTE Long-Vendor   245.26  evs
ATTRIBUTE Long-Octets   245.4   octets
VENDOR Example 1
BEGIN-VENDOR Example parent=Short-Vendor
ATTRIBUTE Example-Short 6 octets
END-VENDOR Example
BEGIN-VENDOR Example parent=Long-Vendor
ATTRIBUTE Example-Long  6 octets
END-VENDOR Example
`,
});
const secrets = { secret: Buffer.from("xyzzy5461"), authenticator: Buffer.alloc(16) };
const wireOf = (raw: readonly RawAttribute[]): string =>
  raw.map(({ type, value }) => Buffer.of(type, value.length + 2).toString("hex") + value.toString("hex")).join("");

const first: Attribute = { name: "Pair-1", value: hex("2345") };
const pair = (...value: readonly Attribute[]): Attribute => ({ name: "Pair", value });

describe("rfc6929-2.2: a value is cut where an attribute is full, and nowhere else", () => {
  const encoded = (name: string, length: number) =>
    encodeAttributes(dictionary, [{ name, value: Buffer.alloc(length, 7) }], secrets);
  const sizes: readonly (readonly [name: string, length: number, octets: readonly number[]])[] = [
    ["Long-Octets", 0, [2]],
    ["Long-Octets", 1, [3]],
    ["Long-Octets", 251, [253]],
    ["Long-Octets", 252, [253, 3]],
    ["Long-Octets", 502, [253, 253]],
    ["Long-Octets", 503, [253, 253, 3]],
    ["Attr-246.4", 1_000, [253, 253, 253, 249]],
    ["Example-Long", 246, [253]],
    ["Example-Long", 247, [253, 3]],
    ["Example-Long", 498, [253, 253, 3]],
  ];
  test.each(sizes)("%s of %i octets", (name, length, octets) => {
    const raw = encoded(name, length);
    expect(raw.map(({ value }) => value.length)).toEqual(octets);
    expect(raw.map(({ value }) => (value[1] ?? 0) & 0x80)).toEqual(
      octets.map((_, i) => (i < octets.length - 1 ? 0x80 : 0)),
    );
    expect(decodeAttributes(dictionary, raw, secrets)).toEqual([{ name, value: Buffer.alloc(length, 7) }]);
  });

  test("two values of the same attribute, one after the other, stay two", () => {
    const two = [1, 2].map((octet) => ({ name: "Long-Octets", value: Buffer.alloc(300, octet) }));
    const raw = encodeAttributes(dictionary, two, secrets);
    expect(raw.map(({ value }) => value.length)).toEqual([253, 51, 253, 51]);
    expect(decodeAttributes(dictionary, raw, secrets)).toEqual(two);
  });

  test("one whose fragments are not next to each other is none: each is kept as it came", () => {
    const raw = encoded("Long-Octets", 300);
    const parted = [...raw.slice(0, 1), { type: 1, value: Buffer.from("a") }, ...raw.slice(1)];
    const decoded = decodeAttributes(dictionary, parted, secrets);
    expect(decoded.map(({ name }) => name)).toEqual(["Long", "Attr-1", "Long-Octets"]);
    expect(encodeAttributes(dictionary, decoded, secrets)).toEqual(parted);
  });

  const odd: readonly (readonly [string, readonly string[]])[] = [
    ["a reserved bit is set", ["09 40 aabb"]],
    ["a reserved bit is set in the last fragment", [`09 80 ${"aa".repeat(251)}`, "09 01 bb"]],
    ["a reserved bit is set in the first fragment", [`09 a0 ${"aa".repeat(251)}`, "09 00 bb"]],
    ["the last fragment is empty", [`09 80 ${"aa".repeat(251)}`, "09 00"]],
    ["an unknown vendor's has a reserved bit", ["1a 20 00fedcba 01 aa"]],
  ];
  test.each(odd)("unknown, and %s: each goes out as it came", (_, values) => {
    const raw = values.map((value) => ({ type: 245, value: hex(value) }));
    const decoded = decodeAttributes(dictionary, raw, secrets);
    expect(encodeAttributes(dictionary, decoded, secrets)).toEqual(raw);
  });

  test("rfc8044-3.16: reserved bits make none invalid that is known", () => {
    const raw = ["04 c0", "04 21"].map((header, index) => ({
      type: 245,
      value: Buffer.concat([hex(header), Buffer.alloc(index === 0 ? 251 : 1, 7)]),
    }));
    expect(decodeAttributes(dictionary, raw, secrets)).toEqual([{ name: "Long-Octets", value: Buffer.alloc(252, 7) }]);
  });

  test("a short extended attribute, and a vendor's in it, cannot go on", () => {
    const short = (name: string, length: number) =>
      encodeAttributes(dictionary, [{ name, value: Buffer.alloc(length) }], secrets);
    expect(short("Attr-241.4", 252)).toHaveLength(1);
    expect(() => short("Attr-241.4", 253)).toThrow(expect.objectContaining({ code: "value-too-long" }));
    expect(short("Example-Short", 247)).toHaveLength(1);
    expect(() => short("Example-Short", 248)).toThrow(expect.objectContaining({ code: "value-too-long" }));
  });
});

describe("rfc6929-2.3: TLVs", () => {
  const read = (octets: string) => decodeAttributes(dictionary, [{ type: 241, value: hex(octets) }], secrets);

  test("hold what they have room for", () => {
    const of = (length: number) =>
      encodeAttributes(dictionary, [pair({ name: "Pair-1", value: Buffer.alloc(length) })], secrets);
    expect(of(250)).toHaveLength(1);
    expect(() => of(251)).toThrow(expect.objectContaining({ code: "value-too-long" }));
    expect(() => of(254)).toThrow(expect.objectContaining({ code: "value-too-long" }));
  });

  test("take no attribute that does not belong to them", () => {
    const strange = (child: Attribute) => () => encodeAttributes(dictionary, [pair(child)], secrets);
    expect(strange({ name: "Text", value: "bob" })).toThrow(expect.objectContaining({ code: "invalid-value" }));
    expect(strange({ name: "Pair-31", value: hex("abcd") })).toThrow(
      expect.objectContaining({ code: "invalid-value" }),
    );
    expect(() => encodeAttributes(dictionary, [{ name: "Pair", value: "text" }], secrets)).toThrow(
      expect.objectContaining({ code: "invalid-value" }),
    );
  });

  test("one that is unknown is kept beside those that are known", () => {
    const decoded = read("02 01042345 fe03aa");
    expect(decoded).toEqual([pair(first, { name: "Attr-241.2.254", value: hex("aa") })]);
    expect(wireOf(encodeAttributes(dictionary, decoded, secrets))).toBe("f10a0201042345fe03aa");
  });

  const malformed = ["02 01", "02 0101", "02 0100", "02 010523 45", "02 01042345 02", "02"];
  test.each(malformed)("%s is no TLV: it is kept as octets", (octets) => {
    const decoded = read(octets);
    expect(decoded).toEqual([{ name: "Pair", value: hex(octets).subarray(1) }]);
    expect(wireOf(encodeAttributes(dictionary, decoded, secrets)).slice(4)).toBe(hex(octets).toString("hex"));
  });
});
