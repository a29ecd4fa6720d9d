import { describe, expect, test } from "vitest";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { hex } from "../../support/wire.ts";
import { dictionaryOf } from "../dictionary/dictionary-of.ts";

/** The layouts that vendors have given their attributes, after FreeRADIUS's word for them. */
const formats = ["1,0", "1,1", "1,2", "2,0", "2,1", "2,2", "4,0", "4,1", "4,2"];
const vendorOf = (format: string, index: number): string => `
VENDOR V${index} ${index + 1} format=${format}
BEGIN-VENDOR V${index}
ATTRIBUTE Text-${format} 7 string
END-VENDOR V${index}
`;
const dictionary = await dictionaryOf({
  dictionary: `${formats.map(vendorOf).join("")}
VENDOR WiMAX 24757 format=1,1,c
BEGIN-VENDOR WiMAX
ATTRIBUTE Long 9 octets
ATTRIBUTE Group 10 tlv
ATTRIBUTE Group-Text 10.1 string
END-VENDOR WiMAX
VENDOR Wide 99 format=2,2
BEGIN-VENDOR Wide
ATTRIBUTE Wide-Number 515 short
END-VENDOR Wide
`,
});
const secrets = { secret: Buffer.from("testing123"), authenticator: Buffer.alloc(16) };
const read = (...values: readonly string[]) =>
  decodeAttributes(
    dictionary,
    values.map((value) => ({ type: 26, value: hex(value) })),
    secrets,
  );
const written = (name: string, value: string | number | Buffer) =>
  shown(encodeAttributes(dictionary, [{ name, value }], secrets));
const shown = (raw: ReturnType<typeof encodeAttributes>) =>
  raw.map(({ type, value }) => `${type} ${value.toString("hex")}`);
const again = (...values: readonly string[]) => shown(encodeAttributes(dictionary, read(...values), secrets));

const layouts: readonly (readonly [format: string, octets: string])[] = [
  ["1,0", "00000001 07 6162"],
  ["1,1", "00000002 07 04 6162"],
  ["1,2", "00000003 07 0005 6162"],
  ["2,0", "00000004 0007 6162"],
  ["2,1", "00000005 0007 05 6162"],
  ["2,2", "00000006 0007 0006 6162"],
  ["4,0", "00000007 00000007 6162"],
  ["4,1", "00000008 00000007 07 6162"],
  ["4,2", "00000009 00000007 0008 6162"],
];

test.each(layouts)("format=%s has its octets, and is read back from them", (format, octets) => {
  const name = `Text-${format}`;
  expect(written(name, "ab")).toEqual([`26 ${octets.replaceAll(" ", "")}`]);
  expect(read(octets)).toEqual([{ name, value: "ab" }]);
});

test("a number of two octets stands in both of them", () => {
  expect(written("Wide-Number", 0x1234)).toEqual(["26 00000063020300061234"]);
  expect(read("00000063 0203 0006 1234")).toEqual([{ name: "Wide-Number", value: 0x1234 }]);
});

test.each(formats)("format=%s: what is longer than an attribute is refused, what fills it is not", (format) => {
  const [type = 0, length = 0] = format.split(",").map(Number);
  const room = 253 - 4 - type - length;
  const [raw] = written(`Text-${format}`, "x".repeat(room));
  expect(raw?.length).toBe("26 ".length + 2 * 253);
  expect(() => written(`Text-${format}`, "x".repeat(room + 1))).toThrow(
    expect.objectContaining({ code: "value-too-long" }),
  );
});

describe("format=1,1,c: a value goes on in the next attribute", () => {
  const header = "0000 60b5 09";
  const full = (octet: string) => `${header} f9 80 ${octet.repeat(246)}`;

  test("one that has room has a continuation octet of zero", () => {
    expect(written("Long", hex("aabb"))).toEqual(["26 000060b5090500aabb"]);
    expect(read("000060b5 09 05 00 aabb")).toEqual([{ name: "Long", value: hex("aabb") }]);
  });

  test("one that has none is cut, and read back whole", () => {
    const octets = [full("aa"), full("bb"), `${header} 04 00 cc`];
    const value = hex(`${"aa".repeat(246)}${"bb".repeat(246)}cc`);
    expect(written("Long", value)).toEqual(octets.map((one) => `26 ${one.replaceAll(" ", "")}`));
    expect(read(...octets)).toEqual([{ name: "Long", value }]);
  });

  test("one that says so and does not go on is kept as it came", () => {
    const octets = [full("aa"), "000060b5 0a 0e 00 010b 68656c6c6f20796f75"];
    expect(again(...octets)).toEqual(octets.map((one) => `26 ${one.replaceAll(" ", "")}`));
    expect(read(...octets).map(({ name }) => name)).toEqual(["Attr-26.24757", "Group"]);
  });
});

describe("several attributes in one Vendor-Specific", () => {
  test("are read one by one where the vendor's layout is known, and go out each by itself", () => {
    const octets = "00000002 07 04 6162 07 04 6364 c8 03 ff";
    expect(read(octets)).toEqual([
      { name: "Text-1,1", value: "ab" },
      { name: "Text-1,1", value: "cd" },
      { name: "Attr-26.2.200", value: hex("ff") },
    ]);
    expect(again(octets)).toEqual(["26 0000000207046162", "26 0000000207046364", "26 00000002c803ff"]);
  });

  test("are one value where nobody knows the vendor: that they look like several may be chance", () => {
    const octets = "00fedcba 07 04 6162 07 04 6364";
    expect(read(octets)).toEqual([{ name: "Attr-26.16702650", value: hex("07046162 07046364") }]);
    expect(again(octets)).toEqual([`26 ${octets.replaceAll(" ", "")}`]);
    expect(read("00fedcba 07 04 6162")).toEqual([{ name: "Attr-26.16702650.7", value: hex("6162") }]);
  });
});
