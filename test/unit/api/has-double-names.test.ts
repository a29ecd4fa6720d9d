import fc from "fast-check";
import { expect, test } from "vitest";
import { hasDoubleNames } from "../../../src/api/has-double-names.ts";

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
