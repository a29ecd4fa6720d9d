import { expect, test } from "vitest";
import { linesOf } from "../../../src/api/lines-of.ts";

const lines = (text: string, most = 100) => linesOf(Buffer.from(text), most);

test("lines are told apart by line feeds, and empty ones left out", () => {
  expect(lines("a\nb\r\n\n  \nc")).toEqual(["a", "b\r", "c"]);
  expect(lines("")).toEqual([]);
  expect(lines("\n\n")).toEqual([]);
  expect(lines("ä\n😀\n")).toEqual(["ä", "😀"]);
});

test("a line that is not UTF-8 spoils no other", () => {
  expect(linesOf(Buffer.from("a\n\xfc\nb", "latin1"), 100)).toEqual(["a", undefined, "b"]);
});

test("one line more than the most is enough to see that there are too many", () => {
  expect(lines("a\n".repeat(1000), 10)).toHaveLength(11);
});
