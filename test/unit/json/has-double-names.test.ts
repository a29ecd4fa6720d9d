import fc from "fast-check";
import { expect, test } from "vitest";
import { hasDoubleNames } from "../../../src/json/has-double-names.ts";

const isDouble = (json: string) => hasDoubleNames(json, JSON.parse(json));

test.each([
  '{"a":1,"a":1}',
  '{"a":{"b":1,"b":2}}',
  '[{"a":1},{"a":1,"b":2,"a":3}]',
  '{"a" :1, "\\u0061" : 2}',
  '{"a\\"":1,"a\\"":2}',
  '{"a\\\\":1,"a\\\\":2}',
  '{"":1,"":2}',
])("%s names a field twice", (json) => expect(isDouble(json)).toBe(true));

test.each(['{"a":"a","b":"a"}', '[{"a":1},{"a":1}]', '{"a":"\\"a\\":1"}', '{"a":{"a":{"a":1}}}', '"a"', "[]", "1"])(
  "%s does not",
  (json) => expect(isDouble(json)).toBe(false),
);

test.each([
  ["blanks", " "],
  ["line ends and tabs", "\r\n\t "],
])("a name is seen before any number of %s", (_what, blank) => {
  for (const count of [30, 98, 99, 100, 120, 5_000]) {
    const blanks = blank.repeat(count);
    expect(isDouble(`{"role"${blanks}:"viewer","role":"operator"}`), String(count)).toBe(true);
    expect(isDouble(`{"role":"viewer","role"${blanks}:${blanks}"operator"}`), String(count)).toBe(true);
    expect(isDouble(`{"role"${blanks}:"viewer","name":["role"${blanks}]}`), String(count)).toBe(false);
  }
});

test("a body of a megabyte is read in time that grows with its length, whatever its blanks and backslashes", () => {
  const texts = `[${Array.from({ length: 1_000 }, () => `"a"${" ".repeat(500)}`).join(",")}]`;
  const escaped = `["${'\\\\\\"'.repeat(120_000)}"]`;
  for (const json of [texts, escaped]) {
    const from = performance.now();
    expect(isDouble(json)).toBe(false);
    expect(performance.now() - from).toBeLessThan(1_000);
  }
});

test("whatever JSON.stringify writes has each name once, and a field that is put in once more is seen", () => {
  fc.assert(
    fc.property(fc.object({ maxDepth: 4 }), fc.boolean(), (value, isSpaced) => {
      const json = JSON.stringify(value, null, isSpaced ? 2 : 0);
      expect(isDouble(json)).toBe(false);
      const [name] = Object.keys(JSON.parse(json));
      if (name === undefined) return;
      expect(isDouble(json.replace("{", () => `{${JSON.stringify(name)} : "\\":",`))).toBe(true);
    }),
  );
});
