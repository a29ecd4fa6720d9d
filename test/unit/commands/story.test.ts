import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createStory } from "../../../src/commands/demo-steps/story.ts";
import { wrapped } from "../../../src/commands/demo-steps/wrapped.ts";

test.each([
  ["short", 10, ["short"]],
  ["one two three", 8, ["one two", "three"]],
  ["one two three", 7, ["one two", "three"]],
  ["    set in further", 12, ["    set in", "    further"]],
  ["a-word-too-long for it", 5, ["a-word-too-long", "for", "it"]],
  ["nowheretobreak", 5, ["nowheretobreak"]],
  ["", 5, [""]],
  ["any length at all", Number.POSITIVE_INFINITY, ["any length at all"]],
])("%j in %d columns", (line, width, lines) => {
  expect(wrapped(line, width)).toEqual(lines);
});

function told(columns: number | undefined): string[] {
  const out = Object.assign(new PassThrough(), columns === undefined ? {} : { columns });
  const story = createStory(out);
  const fact = "a fact that is told at some length, so that it does not fit beside the margin of a narrow window";
  story.chapter("A chapter");
  story.tell(fact);
  story.detail(fact);
  story.verify(fact, true);
  return String(out.read()).split("\n");
}

test("a terminal's width is kept, and what goes on in the next line stands under its beginning", () => {
  const lines = told(80);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  const ends = lines.filter((line) => line.endsWith("narrow window"));
  expect(ends).toHaveLength(3);
  for (const end of ends) expect(end).toMatch(/^ {24}\S/);
});

test("what is no terminal, or too narrow a one, gets each fact in a line", () => {
  for (const columns of [undefined, 40])
    expect(
      told(columns).filter((line) => line.includes("at some length, so that it does not fit beside")),
    ).toHaveLength(3);
});
