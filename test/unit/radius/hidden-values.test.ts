import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Attribute, AttributeValue } from "../../../src/radius/attribute.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { encryptSalted } from "../../../src/radius/salted.ts";
import { hex } from "../../support/wire.ts";
import { dictionaryOf } from "../dictionary/dictionary-of.ts";

const dictionary = await dictionaryOf({
  dictionary: `
ATTRIBUTE Password        2   string     encrypt=1
ATTRIBUTE Keys            3   octets[24] encrypt=1
ATTRIBUTE Tagged-Password 69  string     has_tag,encrypt=2
ATTRIBUTE Salted-Text     70  string     encrypt=2
ATTRIBUTE Salted-Number   71  integer    encrypt=2
ATTRIBUTE Salted-Address  72  ipaddr     encrypt=2
ATTRIBUTE Ascend-Secret   214 string     encrypt=3
`,
});
const secrets = { secret: Buffer.from("testing123"), authenticator: hex("000102030405060708090a0b0c0d0e0f") };

/** On the wire, with the salt 8001 where there is one; worked out with Python's hashlib from the text of the RFCs. */
const vectors: readonly (readonly [string, AttributeValue, number, string])[] = [
  // RFC 2865 section 5.2
  ["Password", "", 2, "96ee09ca74fd7a1a104607240014828b"],
  ["Password", "arctangent", 2, "f79c6abe15931d7f7e3207240014828b"],
  ["Password", "sixteen octets!!", 2, "e58771be1198143a7f2573417467a3aa"],
  ["Password", "seventeen octets!", 2, "e58b7faf1a891f7f7e6668477471f6f844e63306437a151640b7b9e159a8f64d"],
  // RFC 2548 section 2.4.1; the key's own last zeros are not padding.
  [
    "Keys",
    hex("0102030405060708090a0b0c0d0e0f101112131415160000"),
    3,
    "97ec0ace71fb7d12194c0c280d1a8d9b9c70a7d91508bc68af02874991f3e314",
  ],
  // RFC 2868 section 3.5
  ["Salted-Text", "", 70, "800132a4044d0a1a2538cf27b06bb2ba15f3"],
  ["Salted-Text", "s3cret", 70, "800134d7372e787f5138cf27b06bb2ba15f3"],
  ["Salted-Text", "fifteen octets.", 70, "80013dc26d2b7e7f4056ef48d31fd7ce66dd"],
  ["Salted-Text", "sixteen octets!!", 70, "800122d76d357e7f4056ef48d31fd7ce66d20fe959c8aff88beb106d52a6090fc469"],
  ["Salted-Number", 1, 71, "800136a4044d0b1a2538cf27b06bb2ba15f3"],
  ["Salted-Address", "192.0.2.9", 72, "80013664044f031a2538cf27b06bb2ba15f3"],
  // Ascend's: one block, the authenticator before the secret.
  ["Ascend-Secret", "", 214, "a8e2d409a0cdc29ccaf1bdcb2541f770"],
  ["Ascend-Secret", "s3cret", 214, "dbd1b77bc5b9c29ccaf1bdcb2541f770"],
  ["Ascend-Secret", "sixteen octets!!", 214, "db8bac7dc5a8acbca592c9ae5132d651"],
];

const written = (attribute: Attribute): Buffer => {
  const [raw, ...more] = encodeAttributes(dictionary, [attribute], secrets);
  expect(more).toEqual([]);
  return raw?.value ?? Buffer.alloc(0);
};

test.each(vectors)("%s: %s is read from its octets", (name, value, type, octets) => {
  expect(decodeAttributes(dictionary, [{ type, value: hex(octets) }], secrets)).toEqual([{ name, value }]);
});

test.each(vectors.filter(([name]) => !name.startsWith("Salted")))(
  "%s: %s is written as its octets",
  (name, value, _, octets) => {
    expect(written({ name, value }).toString("hex")).toBe(octets);
  },
);

const clear: readonly (readonly [string, AttributeValue, string])[] = [
  ["Salted-Text", "", ""],
  ["Salted-Text", "s3cret", "733363726574"],
  ["Salted-Text", "fifteen octets.", "6669667465656e206f63746574732e"],
  ["Salted-Text", "sixteen octets!!", "7369787465656e206f63746574732121"],
  ["Salted-Number", 4321, "000010e1"],
  ["Salted-Address", "192.0.2.9", "c0000209"],
];

/** RFC 2868 section 3.5 step by step, without the code under test: what stands hidden behind a salt. */
function openedByTheBook(octets: Buffer): Buffer {
  const blocks: Buffer[] = [];
  let before: Buffer = Buffer.concat([secrets.authenticator, octets.subarray(0, 2)]);
  for (let at = 2; at < octets.length; at += 16) {
    const key = hash("md5", Buffer.concat([secrets.secret, before]), "buffer");
    before = octets.subarray(at, at + 16);
    blocks.push(Buffer.from(before.map((octet, index) => octet ^ (key[index] ?? 0))));
  }
  return Buffer.concat(blocks);
}

test.each(clear)("rfc2868-3.5: %s %s is hidden with its length, in whole blocks", (name, value, octets) => {
  const hidden = written({ name, value });
  expect((hidden[0] ?? 0) & 0x80).toBe(0x80);
  const opened = openedByTheBook(hidden);
  const length = hex(octets).length;
  expect(opened.length).toBe(16 * Math.ceil((1 + length) / 16));
  expect(opened[0]).toBe(length);
  expect(opened.subarray(1, 1 + length).toString("hex")).toBe(octets);
  expect(opened.subarray(1 + length).every((octet) => octet === 0)).toBe(true);
});

test("rfc2868-3.5: with a salt that is given, a text is hidden as it was worked out", () => {
  const hidden = encryptSalted(Buffer.from("sixteen octets!!"), secrets, () => hex("0001"));
  expect(hidden.toString("hex")).toBe(vectors[8]?.[3]);
});

test("rfc2868-3.5: the tag stands in clear before the salt, and is there without a tag too", () => {
  for (const tag of [undefined, 1, 31]) {
    const attribute = { name: "Tagged-Password", value: "s3cret", ...(tag === undefined ? {} : { tag }) };
    const hidden = written(attribute);
    expect(hidden[0]).toBe(tag ?? 0);
    expect(openedByTheBook(hidden.subarray(1)).subarray(0, 7).toString("latin1")).toBe("\x06s3cret");
    expect(decodeAttributes(dictionary, [{ type: 69, value: hidden }], secrets)).toEqual([attribute]);
  }
});

const longest: readonly (readonly [string, number])[] = [
  ["Password", 128],
  ["Tagged-Password", 239],
  ["Salted-Text", 239],
  ["Ascend-Secret", 16],
];
test.each(longest)("%s hides %i octets, and refuses one more", (name, most) => {
  const attribute = { name, value: "x".repeat(most) };
  const raw = encodeAttributes(dictionary, [attribute], secrets);
  expect(raw.every(({ value }) => value.length <= 253)).toBe(true);
  expect(decodeAttributes(dictionary, raw, secrets)).toEqual([attribute]);
  expect(() => written({ name, value: "x".repeat(most + 1) })).toThrow(
    expect.objectContaining({ code: "value-too-long" }),
  );
});

describe("what cannot have been hidden so stays octets, and goes out again as it came", () => {
  const impossible: readonly (readonly [string, string, number, Buffer])[] = [
    ["Password", "nothing", 2, Buffer.alloc(0)],
    ["Password", "fifteen octets", 2, Buffer.alloc(15, 1)],
    ["Password", "seventeen octets", 2, Buffer.alloc(17, 1)],
    ["Password", "nine blocks", 2, Buffer.alloc(144, 1)],
    ["Keys", "one block", 3, Buffer.alloc(16, 1)],
    ["Salted-Text", "nothing", 70, Buffer.alloc(0)],
    ["Salted-Text", "half a salt", 70, hex("80")],
    ["Salted-Text", "a salt alone", 70, hex("8001")],
    ["Salted-Text", "a block that is cut", 70, Buffer.alloc(17, 1)],
    ["Salted-Text", "a length of 16 in one block", 70, hex("800122c5652c6b7b4459ae46d10ad3db7492")],
    ["Salted-Number", "one octet", 71, hex("800133a4044d0a1a2538cf27b06bb2ba15f3")],
    ["Tagged-Password", "a tag alone", 69, hex("01")],
    ["Ascend-Secret", "fifteen octets", 214, Buffer.alloc(15, 1)],
    ["Ascend-Secret", "two blocks", 214, Buffer.alloc(32, 1)],
  ];
  test.each(impossible)("%s: %s", (name, _, type, value) => {
    const decoded = decodeAttributes(dictionary, [{ type, value }], secrets);
    expect(decoded).toEqual([{ name, value, octets: value }]);
    expect(encodeAttributes(dictionary, decoded, secrets)).toEqual([{ type, value }]);
  });
});
