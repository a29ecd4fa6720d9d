import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { octetsText } from "../../../src/radius/octets-text.ts";
import { spellingOfHeard, usernameSpelling } from "../../../src/subscriber/username-spelling.ts";

test.each([
  ["upper case", "ÜMIT@ISP", "ümit@isp"],
  ["composed and not", "u\u0308mit@isp", "ümit@isp"],
  ["full width", "ｕｍｉｔ＠ｉｓｐ", "umit@isp"],
  ["white space around", " \t\u00a0ümit@isp\r\n", "ümit@isp"],
  ["invisible characters within", "ü\u200bmi\u00adt@\ufeffisp", "ümit@isp"],
  ["sharp s in all its forms", "STRAẞE", "strasse"],
  ["sharp s", "straße", "STRASSE"],
  ["final sigma", "ΟΔΟΣ", "οδος"],
  ["ligatures", "oﬃce", "OFFICE"],
  ["compatibility letters", "Ⅷ℡", "viiitel"],
])("%s are one spelling", (_, one, other) => {
  expect(usernameSpelling(one)).toBe(usernameSpelling(other));
});

test.each([
  ["accents", "umit", "ümit"],
  ["the dotless i", "kım", "kim"],
  ["white space within", "an na", "anna"],
  ["what follows", "anna@isp", "anna@isp."],
])("%s tell names apart", (_, one, other) => {
  expect(usernameSpelling(one)).not.toBe(usernameSpelling(other));
});

describe("whatever the name", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 12 });

  test("its upper and lower case and its composed and decomposed forms are one spelling, and that is its own", () => {
    fc.assert(
      fc.property(name, (text) => {
        const spelling = usernameSpelling(text);
        const forms = [text.toLowerCase(), text.replaceAll("ı", "").toUpperCase(), spelling];
        for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const) forms.push(text.normalize(form));
        const [, upper, ...same] = forms;
        for (const one of same) expect(usernameSpelling(one)).toBe(spelling);
        expect(usernameSpelling(upper ?? "")).toBe(usernameSpelling(text.replaceAll("ı", "")));
      }),
    );
  });

  test("it fits into an index of PostgreSQL, even where 253 octets become 1,500 characters", () => {
    const long = "ﷺ".repeat(84);
    expect(Buffer.byteLength(usernameSpelling(long))).toBeLessThan(2_400);
    expect(usernameSpelling(long)).not.toBe(usernameSpelling(`${long.slice(1)}ﷻ`));
  });
});

describe("a User-Name as a packet brings it", () => {
  const heard = (octets: string, encoding: "utf8" | "latin1" = "utf8") =>
    spellingOfHeard(octetsText(Buffer.from(octets, encoding)));

  test("is spelt without NULs at its end and what surrounds them", () => {
    expect(heard("Ümit@isp \0\0")).toBe(usernameSpelling("ümit@isp"));
    expect(heard("an\0na")).not.toBe(heard("anna"));
  });

  test("that is written like hex is spelt as its operator wrote it", () => {
    expect(heard("0xCAFE")).toBe(usernameSpelling("0xcafe"));
  });

  test("that is no UTF-8 has no other spelling", () => {
    expect(heard("\xfcmit", "latin1")).not.toBe(heard("\xfcMIT", "latin1"));
    expect(heard("\xfcmit", "latin1")).not.toBe(heard("ümit"));
  });
});
