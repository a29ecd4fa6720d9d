import { expect, test } from "vitest";
import { arrayText } from "../../../src/database/array-text.ts";

test("texts are quoted, whatever is in them, and nulls are not", () => {
  expect(arrayText(["a", "", "NULL", 'say "x"', "back\\slash", "{,}", null, undefined])).toBe(
    '{"a","","NULL","say \\"x\\"","back\\\\slash","{,}",NULL,NULL}',
  );
});

test("numbers, booleans and octets", () => {
  expect(arrayText([1, -2.5, 12345678901234567890n, true, Buffer.from("00ff", "hex")])).toBe(
    '{1,-2.5,12345678901234567890,true,"\\\\x00ff"}',
  );
  expect(arrayText([])).toBe("{}");
});

test("what pg writes better is left to it", () => {
  for (const value of [new Date(0), { a: 1 }, [1]]) expect(arrayText(["a", value])).toBeUndefined();
});
