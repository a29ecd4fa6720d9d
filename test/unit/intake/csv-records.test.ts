import { expect, test } from "vitest";
import { readCsv } from "../../../src/intake/csv-records.ts";

const ends = [
  ["LF", "\n"],
  ["CR", "\r"],
  ["CRLF", "\r\n"],
] as const;

const records = (text: string) => [...(readCsv(text)?.records ?? [])];

test.each(ends)(
  "with %s as line end a quoted field may hold line ends, and every record keeps its number",
  (_, end) => {
    const text = ["a,b", `"1${end}x","2"`, '"no end', "5,6", "7", `"8","9${end}${end}y"`, ""].join(end);
    expect(records(text).map((record) => (record.ok ? record.fields : record.detail))).toEqual([
      [`1${end}x`, "2"],
      "text after a closing quote, or a quote that is not closed",
      ["5", "6"],
      "1 fields where the header names 2",
      ["8", `9${end}${end}y`],
    ]);
  },
);

test.each(ends)("with %s as line end a field may hold nine of them, not ten", (_, end) => {
  const field = (count: number) => `a,b\n"${end.repeat(count)}",1\n`;
  expect(records(field(9))).toEqual([{ ok: true, fields: [end.repeat(9), "1"] }]);
  expect(records(field(10))[0]).toMatchObject({ ok: false });
});

/** CPU time of this process: what else the machine does meanwhile does not count. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}

const columns = Array.from({ length: 30 }, (_, index) => `c${index}`).join(",");
const quoted = (end: string) => Array.from({ length: 30 }, () => `"a b${end}c"`).join(",");

test.each(ends)("with %s as line end four times the file takes about four times as long", (_, end) => {
  const line = `${quoted("").replaceAll(",", ",")}${end}`;
  const file = (rows: number) => columns + end + line.repeat(rows);
  const [small, large] = [file(2_000), file(8_000)];
  expect(records(small)).toHaveLength(2_000);
  // One after the other, several times, so that warming up and collecting garbage fall on both.
  const ratios = [1, 2, 3, 4, 5].map(() => cpuMs(() => records(large)) / cpuMs(() => records(small)));
  // 16 where every field is searched for to the end of the file.
  expect(ratios.sort((a, b) => a - b)[1]).toBeLessThan(10);
});

test.each(ends)("a file of records over several lines, with %s as line end, is read whole", (_, end) => {
  const rows = `${quoted(end).replaceAll(end, "")}${end}`;
  const several = `"a${end}b",${Array.from({ length: 29 }, () => "1").join(",")}${end}`;
  const text = columns + end + (rows + several).repeat(500);
  expect(records(text).filter(({ ok }) => ok)).toHaveLength(1_000);
});

test("a header wider than any report's is refused", () => {
  expect(readCsv(`${"a,".repeat(400)}b\n`)).toBeUndefined();
});

test.each([
  ["blank lines", "\n".repeat(400_000)],
  ["lines of blanks", " \r\n".repeat(130_000)],
  ["quotes", '"'.repeat(400_000)],
  ["quotes that are never closed", '"a\n'.repeat(130_000)],
  ["doubled quotes", '"""" \n'.repeat(60_000)],
  ["one line", "a".repeat(400_000)],
  ["commas", ",".repeat(400_000)],
])("400 KB of %s take no longer than so many characters should", (_, text) => {
  expect(cpuMs(() => records(`a,b\n${text}`))).toBeLessThan(1_000);
});
