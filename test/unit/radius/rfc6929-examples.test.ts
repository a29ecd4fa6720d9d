import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadDictionary } from "../../../src/dictionary/load-dictionary.ts";
import type { Attribute } from "../../../src/radius/attribute.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { hex } from "../../support/wire.ts";

/** RFC 6929 section 9 shows formats, not meanings: attributes of the same number differ from one example to the next. */
const folder = mkdtempSync(join(tmpdir(), "weir-rfc6929-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nested = (base: string): string => `
ATTRIBUTE Deep    ${base}           tlv
ATTRIBUTE Deep-1  ${base}.1         tlv
ATTRIBUTE Deep-2  ${base}.1.2       tlv
ATTRIBUTE Deep-3  ${base}.1.2.3     tlv
ATTRIBUTE Deep-4  ${base}.1.2.3.4   tlv
ATTRIBUTE Deep-5  ${base}.1.2.3.4.5 octets
`;

const attributesOf = (top: number): string => `
ATTRIBUTE Text    ${top}.4     string
ATTRIBUTE Pair    ${top}.2     tlv
ATTRIBUTE Pair-1  ${top}.2.1   octets
ATTRIBUTE Pair-2  ${top}.2.2   octets
ATTRIBUTE Pair-3  ${top}.2.3   tlv
ATTRIBUTE Pair-31 ${top}.2.3.1 octets
ATTRIBUTE Pair-32 ${top}.2.3.2 string
${nested(`${top}.1`)}
VENDOR Example 1
BEGIN-VENDOR Example parent=Extended-Vendor
ATTRIBUTE Vendor-Text  4   string
ATTRIBUTE Vendor-Pair  5   tlv
ATTRIBUTE Vendor-Inner 5.3 string
ATTRIBUTE Vendor-Long  6   octets
END-VENDOR Example
`;

async function dictionaryOf(top: 241 | 245) {
  const path = join(folder, String(top));
  const { mkdirSync } = await import("node:fs");
  mkdirSync(path);
  const kind = top === 245 ? "long-extended" : "extended";
  const head = `ATTRIBUTE Extended ${top} ${kind}\nATTRIBUTE Extended-Vendor ${top}.26 evs\n`;
  writeFileSync(join(path, "dictionary"), head + attributesOf(top));
  return await loadDictionary(path);
}

const dictionaries = { 241: await dictionaryOf(241), 245: await dictionaryOf(245) } as const;

const octets = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const first: Attribute = { name: "Pair-1", value: octets("23 45") };
const deep = ["Deep-1", "Deep-2", "Deep-3", "Deep-4"].reduceRight<Attribute>(
  (inner, name) => ({ name, value: [inner] }),
  { name: "Deep-5", value: octets("cd ef") },
);

const foo: Attribute = { name: "Pair-32", value: "foo" };
const abcd: Attribute = { name: "Pair-31", value: octets("ab cd") };
const vendorPair: Attribute = { name: "Vendor-Pair", value: [{ name: "Vendor-Inner", value: "test" }] };

/** The RFC's long values are written in hex digits: an odd number of a, so that one octet is ab. */
const long = (bs: number): Buffer => octets(`${"aa".repeat(124)}ab${"bb".repeat(bs)}${"cc".repeat(15)}`);
const as = `${"aa".repeat(124)}ab`;
const cs = "cc".repeat(15);

const examples: readonly (readonly [section: string, top: 241 | 245, attribute: Attribute, wire: string])[] = [
  ["9.1, text", 241, { name: "Attr-241.3", value: Buffer.from("bob") }, "f1 06 03 62 6f 62"],
  ["9.1, one TLV", 241, { name: "Pair", value: [first] }, "f1 07 02 01 04 23 45"],
  [
    "9.1, two TLVs",
    241,
    { name: "Pair", value: [first, { name: "Pair-2", value: octets("67 89") }] },
    "f1 0b 02 01 04 23 45 02 04 67 89",
  ],
  [
    "9.1, a TLV in the second TLV",
    241,
    { name: "Pair", value: [first, { name: "Pair-3", value: [abcd] }] },
    "f1 0d 02 01 04 23 45 03 06 01 04 ab cd",
  ],
  [
    "9.1, two TLVs in the second TLV",
    241,
    { name: "Pair", value: [first, { name: "Pair-3", value: [abcd, foo] }] },
    "f1 12 02 01 04 23 45 03 0b 01 04 ab cd 02 05 66 6f 6f",
  ],
  ["9.1, five nestings", 241, { name: "Deep", value: [deep] }, "f1 0f 01 01 0c 02 0a 03 08 04 06 05 04 cd ef"],
  ["9.1, vendor's text", 241, { name: "Vendor-Text", value: "test" }, "f1 0c 1a 00 00 00 01 04 74 65 73 74"],
  ["9.1, vendor's TLV", 241, vendorPair, "f1 0e 1a 00 00 00 01 05 03 06 74 65 73 74"],
  ["9.2, text", 245, { name: "Attr-245.3", value: Buffer.from("bob") }, "f5 07 03 00 62 6f 62"],
  ["9.2, one TLV", 245, { name: "Pair", value: [first] }, "f5 08 02 00 01 04 23 45"],
  [
    "9.2, two TLVs in the second TLV",
    245,
    { name: "Pair", value: [first, { name: "Pair-3", value: [abcd, foo] }] },
    "f5 13 02 00 01 04 23 45 03 0b 01 04 ab cd 02 05 66 6f 6f",
  ],
  ["9.2, five nestings", 245, { name: "Deep", value: [deep] }, "f5 10 01 00 01 0c 02 0a 03 08 04 06 05 04 cd ef"],
  ["9.2, vendor's text", 245, { name: "Vendor-Text", value: "test" }, "f5 0d 1a 00 00 00 00 01 04 74 65 73 74"],
  ["9.2, vendor's TLV", 245, vendorPair, "f5 0f 1a 00 00 00 00 01 05 03 06 74 65 73 74"],
  [
    "9.2, a vendor's value in two fragments, the second without vendor and type",
    245,
    { name: "Vendor-Long", value: long(126) },
    `f5 ff 1a 80 00 00 00 01 06 ${as} ${"bb".repeat(121)} f5 18 1a 00 ${"bb".repeat(5)} ${cs}`,
  ],
  [
    "9.2, a value in two fragments",
    245,
    { name: "Attr-245.3", value: long(126) },
    `f5 ff 03 80 ${as} ${"bb".repeat(126)} f5 13 03 00 ${cs}`,
  ],
];

const secrets = { secret: Buffer.from("xyzzy5461"), authenticator: Buffer.alloc(16) };

test.each(examples)("rfc6929-%s: has its octets, and is read back from them", (_, top, attribute, wire) => {
  const dictionary = dictionaries[top];
  const raw = encodeAttributes(dictionary, [attribute], secrets);
  const written = Buffer.concat(
    raw.map(({ type, value }) => Buffer.concat([Buffer.of(type, value.length + 2), value])),
  );
  expect(written.toString("hex")).toBe(hex(wire).toString("hex"));
  expect(decodeAttributes(dictionary, raw, secrets)).toEqual([attribute]);
});
