import { expect, test } from "vitest";
import type { Attribute } from "../../../src/radius/attribute.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { hex } from "../../support/wire.ts";
import { dictionaryOf } from "../dictionary/dictionary-of.ts";

type Top = 241 | 245;

const definitions = (top: Top): string => `
ATTRIBUTE Text    ${top}.1     string
ATTRIBUTE Pair    ${top}.2     tlv
ATTRIBUTE Pair-1  ${top}.2.1   octets
ATTRIBUTE Pair-2  ${top}.2.2   octets
ATTRIBUTE Pair-3  ${top}.2.3   tlv
ATTRIBUTE Pair-31 ${top}.2.3.1 octets
ATTRIBUTE Pair-32 ${top}.2.3.2 string
VENDOR Example 1
BEGIN-VENDOR Example parent=Extended-Vendor
ATTRIBUTE Vendor-Text  4   string
ATTRIBUTE Vendor-Pair  5   tlv
ATTRIBUTE Vendor-Inner 5.3 string
ATTRIBUTE Vendor-Long  6   octets
END-VENDOR Example
`;

/** RFC 6929 section 9 shows formats, not meanings: the attribute that is a text in one example is nested in another. */
const nested = (top: Top): string => `
ATTRIBUTE Deep    ${top}.1           tlv
ATTRIBUTE Deep-1  ${top}.1.1         tlv
ATTRIBUTE Deep-2  ${top}.1.1.2       tlv
ATTRIBUTE Deep-3  ${top}.1.1.2.3     tlv
ATTRIBUTE Deep-4  ${top}.1.1.2.3.4   tlv
ATTRIBUTE Deep-5  ${top}.1.1.2.3.4.5 octets
`;

const head = (top: Top): string =>
  `ATTRIBUTE Extended ${top} ${top === 245 ? "long-" : ""}extended\nATTRIBUTE Extended-Vendor ${top}.26 evs\n`;

const dictionaries = {
  241: await dictionaryOf({ dictionary: head(241) + definitions(241) }),
  245: await dictionaryOf({ dictionary: head(245) + definitions(245) }),
  "241 nested": await dictionaryOf({ dictionary: head(241) + nested(241) }),
  "245 nested": await dictionaryOf({ dictionary: head(245) + nested(245) }),
} as const;

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

const bob: Attribute = { name: "Text", value: "bob" };
const second: Attribute = { name: "Pair-2", value: octets("67 89") };
const inner = (...value: readonly Attribute[]): Attribute => ({ name: "Pair-3", value });
const pair = (...value: readonly Attribute[]): Attribute => ({ name: "Pair", value });
const nestings: Attribute = { name: "Deep", value: [deep] };
const vendorText: Attribute = { name: "Vendor-Text", value: "test" };

const examples: readonly (readonly [
  section: string,
  meaning: keyof typeof dictionaries,
  attribute: Attribute,
  wire: string,
])[] = [
  ["9.1, text", 241, bob, "f1 06 01 62 6f 62"],
  ["9.1, one TLV", 241, pair(first), "f1 07 02 01 04 23 45"],
  ["9.1, two TLVs", 241, pair(first, second), "f1 0b 02 01 04 23 45 02 04 67 89"],
  ["9.1, a TLV in the second TLV", 241, pair(first, inner(abcd)), "f1 0d 02 01 04 23 45 03 06 01 04 ab cd"],
  [
    "9.1, two TLVs in the second TLV",
    241,
    pair(first, inner(abcd, foo)),
    "f1 12 02 01 04 23 45 03 0b 01 04 ab cd 02 05 66 6f 6f",
  ],
  ["9.1, five nestings", "241 nested", nestings, "f1 0f 01 01 0c 02 0a 03 08 04 06 05 04 cd ef"],
  ["9.1, vendor's text", 241, vendorText, "f1 0c 1a 00 00 00 01 04 74 65 73 74"],
  ["9.1, vendor's TLV", 241, vendorPair, "f1 0e 1a 00 00 00 01 05 03 06 74 65 73 74"],
  ["9.2, text", 245, bob, "f5 07 01 00 62 6f 62"],
  ["9.2, one TLV", 245, pair(first), "f5 08 02 00 01 04 23 45"],
  ["9.2, two TLVs", 245, pair(first, second), "f5 0c 02 00 01 04 23 45 02 04 67 89"],
  ["9.2, a TLV in the second TLV", 245, pair(first, inner(abcd)), "f5 0e 02 00 01 04 23 45 03 06 01 04 ab cd"],
  [
    "9.2, two TLVs in the second TLV",
    245,
    pair(first, inner(abcd, foo)),
    "f5 13 02 00 01 04 23 45 03 0b 01 04 ab cd 02 05 66 6f 6f",
  ],
  ["9.2, five nestings", "245 nested", nestings, "f5 10 01 00 01 0c 02 0a 03 08 04 06 05 04 cd ef"],
  ["9.2, vendor's text", 245, vendorText, "f5 0d 1a 00 00 00 00 01 04 74 65 73 74"],
  ["9.2, vendor's TLV", 245, vendorPair, "f5 0f 1a 00 00 00 00 01 05 03 06 74 65 73 74"],
  [
    "9.2, a value in two fragments",
    245,
    { name: "Attr-245.4", value: long(126) },
    `f5 ff 04 80 ${as} ${"bb".repeat(126)} f5 13 04 00 ${cs}`,
  ],
  [
    "9.2, a vendor's value in two fragments, the second without vendor and type",
    245,
    { name: "Vendor-Long", value: long(126) },
    `f5 ff 1a 80 00 00 00 01 06 ${as} ${"bb".repeat(121)} f5 18 1a 00 ${"bb".repeat(5)} ${cs}`,
  ],
];

const secrets = { secret: Buffer.from("xyzzy5461"), authenticator: Buffer.alloc(16) };

const wireOf = (raw: readonly RawAttribute[]): string =>
  raw.map(({ type, value }) => Buffer.of(type, value.length + 2).toString("hex") + value.toString("hex")).join("");

test.each(examples)("rfc6929-%s: has its octets, and is read back from them", (_, meaning, attribute, wire) => {
  const dictionary = dictionaries[meaning];
  const raw = encodeAttributes(dictionary, [attribute], secrets);
  expect(wireOf(raw)).toBe(hex(wire).toString("hex"));
  expect(decodeAttributes(dictionary, raw, secrets)).toEqual([attribute]);
});
