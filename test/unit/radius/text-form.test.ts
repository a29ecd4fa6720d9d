import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAttribute, namedAttribute, parseAttributeLine, plainText } from "../../../src/radius/attribute-text.ts";
import { valueOctets } from "../../../src/radius/encode-attributes.ts";
import { octetsOfText, octetsText } from "../../../src/radius/octets-text.ts";
import { shippedDictionary as dictionary, hex } from "../../support/wire.ts";

const secrets = { secret: Buffer.from("testing123"), authenticator: Buffer.alloc(16) };
const octetsOf = (name: string, value: string) =>
  valueOctets(dictionary, namedAttribute(dictionary, { name, value }), secrets);

const texts: readonly (readonly [string, string])[] = [
  ["616c696365", "alice"],
  ["6dfc6c6c6572", "0x6dfc6c6c6572"],
  ["30303200", "0x30303200"],
  ["30783431", "0x30783431"],
  ["3078", "0x3078"],
  ["307834", "0x4"],
  ["", ""],
];
test.each(texts)("the octets %s are the text %s, and it is they", (octets, text) => {
  expect(octetsText(hex(octets))).toBe(text);
  expect(octetsOfText(text)).toEqual(hex(octets));
  expect(octetsOf("User-Name", text)).toEqual(hex(octets));
});

test("no octets are lost in their text, and no two have the same", () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 20 }).map((all) => Buffer.from(all)),
    fc.stringMatching(/^0x[0-9a-fA-F]{0,6}$/).map((text) => Buffer.from(text)),
    fc.string({ unit: "grapheme", maxLength: 10 }).map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(octets, (value) => {
      const text = octetsText(value);
      expect(text).not.toContain("\0");
      expect(octetsOfText(text)).toEqual(value);
      expect(octetsOf("Acct-Session-Id", text)).toEqual(value);
    }),
    { numRuns: 2_000 },
  );
});

test("what is shown of a text is read back as its octets", () => {
  const value = fc.oneof(fc.string({ unit: "binary", maxLength: 20 }), fc.constantFrom("0x41", "0x", 'a"b\\c\n'));
  fc.assert(
    fc.property(value, (text) => {
      const attribute = { name: "Reply-Message", value: text };
      const line = formatAttribute(dictionary, attribute);
      expect(valueOctets(dictionary, parseAttributeLine(dictionary, line), secrets)).toEqual(Buffer.from(text));
      expect(octetsOf("Reply-Message", plainText(dictionary, attribute))).toEqual(Buffer.from(text));
    }),
  );
});

test("a text in quotes is its letters, as radclient takes it; octets are hex in quotes, too", () => {
  const octetsOfLine = (line: string) => valueOctets(dictionary, parseAttributeLine(dictionary, line), secrets);
  for (const quote of ['"', "'"])
    expect(octetsOfLine(`User-Name = ${quote}0x41424344${quote}`)).toEqual(Buffer.from("0x41424344"));
  expect(octetsOfLine("User-Name = 0xfc4d")).toEqual(hex("fc4d"));
  expect(octetsOfLine('Class = "0x4142"')).toEqual(hex("4142"));
});

test("an address may be given in hex, and a date is read as it is shown", () => {
  expect(octetsOf("Framed-IP-Address", "0xc0000207")).toEqual(hex("c0000207"));
  const date = plainText(dictionary, { name: "Event-Timestamp", value: 1_700_000_000 });
  expect(octetsOf("Event-Timestamp", date)).toEqual(hex("6553f100"));
});

test("an Ascend filter is given in hex: its words would go out as they are written", () => {
  const written = "0x01000100000000000000000000000600000000190002000000000000000000";
  expect(octetsOf("Ascend-Data-Filter", written)).toEqual(hex(written.slice(2)));
  expect(() => octetsOf("Ascend-Data-Filter", "ip in drop tcp dstport = 25")).toThrow(
    expect.objectContaining({ code: "invalid-value" }),
  );
});

test("a line of nothing but blanks is refused in no time", () => {
  const started = performance.now();
  const line = `a${" ".repeat(50_000)}b`;
  expect(() => parseAttributeLine(dictionary, line)).toThrow(expect.objectContaining({ code: "invalid-value" }));
  expect(performance.now() - started).toBeLessThan(1_000);
});
