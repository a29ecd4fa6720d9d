import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { ImportRow } from "../../../src/subscriber/import-row.ts";
import { readCsvRows } from "../../../src/subscriber/read-csv-rows.ts";
import { readNdjsonRows } from "../../../src/subscriber/read-ndjson-rows.ts";
import { createSubscriberReader } from "../../../src/subscriber/read-subscriber.ts";

async function all(rows: AsyncIterable<ImportRow>): Promise<ImportRow[]> {
  const read: ImportRow[] = [];
  for await (const row of rows) read.push(row);
  return read;
}
const inChunks = (text: string | Buffer, size: number) => {
  const octets = Buffer.from(text);
  return Readable.from(
    Array.from({ length: Math.ceil(octets.length / size) }, (_, i) => octets.subarray(i * size, (i + 1) * size)),
  );
};
const csv = (text: string | Buffer, size = 7) => all(readCsvRows(inChunks(text, size)));
const ndjson = (text: string | Buffer, size = 5) => all(readNdjsonRows(inChunks(text, size)));

test("CSV cells become the fields of a subscriber, wherever chunks are cut", async () => {
  const text =
    '\ufeffid,usernames,name,plan.downKbps,upKbps,protections,password\r\nc1,a@b;c@d,"Ärger, ""Otto""",50000,10000,medical|government,s3cret\r\n';
  for (const size of [1, 2, 3, 64, 1000])
    expect(await csv(text, size)).toEqual([
      {
        row: 1,
        record: {
          id: "c1",
          usernames: ["a@b", "c@d"],
          name: 'Ärger, "Otto"',
          plan: { downKbps: 50000, upKbps: 10000 },
          protections: ["medical", "government"],
          credential: { password: "s3cret" },
        },
      },
    ]);
});

test("an empty cell is a field that is not there", async () => {
  expect(await csv("id,usernames,name,credential\nc1,,,\n")).toEqual([{ row: 1, record: { id: "c1", usernames: [] } }]);
});

test("a broken CSV line is named by its number and spoils no other", async () => {
  const rows = await csv('id,usernames\na,x\nb,"y\nc,z,w\nd,v\n');
  expect(rows.map((row) => ("code" in row ? [row.row, row.code] : [row.row, row.record["id"]]))).toEqual([
    [1, "a"],
    [2, "malformed-row"],
    [3, "malformed-row"],
    [4, "d"],
  ]);
});

test.each([
  ['c,"hunter2', "has a quote that is not closed"],
  ['c,"hunter2"x', "has a quote in a wrong place"],
  ['c,hun"ter2', "has a quote in a wrong place"],
  ["c,hunter2,x", "has 3 cells, the header 2"],
])("what is wrong with %s is told with its line in the file, and none of its words", async (line, detail) => {
  expect(await csv(`id,usernames\n\na,x\n\n\n${line}\nd,v\n`)).toEqual([
    { row: 1, record: { id: "a", usernames: ["x"] } },
    { row: 2, code: "malformed-row", detail: `line 6 ${detail}` },
    { row: 3, record: { id: "d", usernames: ["v"] } },
  ]);
});

test("a line that is not UTF-8 is left out, the others are taken", async () => {
  const latin = (text: string) => Buffer.from(text, "latin1");
  const wrong = { row: 2, code: "malformed-row", detail: expect.stringMatching(/^line \d is not UTF-8$/) };
  expect(await csv(Buffer.concat([Buffer.from("id,usernames\na,ä\n"), latin("b,ü\n"), Buffer.from("c,ö")]))).toEqual([
    { row: 1, record: { id: "a", usernames: ["ä"] } },
    wrong,
    { row: 3, record: { id: "c", usernames: ["ö"] } },
  ]);
  const [first, second, third] = ['{"id":"ä"}\n', latin('{"id":"ü"}\n'), '{"id":"ö"}'].map((one) => Buffer.from(one));
  expect(await ndjson(Buffer.concat([first!, second!, third!]))).toEqual([
    { row: 1, record: { id: "ä" } },
    wrong,
    { row: 3, record: { id: "ö" } },
  ]);
  await expect(csv(latin("id,usernames,ü\n"))).rejects.toMatchObject({ code: "no-header" });
});

test.each(["id;usernames;password\n", "id\tusernames\n", '"id";"usernames"\n'])(
  "of the header %j it is said that commas are expected",
  async (header) => {
    await expect(csv(header)).rejects.toMatchObject({ message: expect.stringMatching(/comma/) });
  },
);

test.each([
  ["", "no-header"],
  ["id,name\n", "missing-column"],
  ["usernames\n", "missing-column"],
  ["id,usernames,colour\n", "unknown-column"],
  ["id,usernames,ID\n", "doubled-column"],
])("the header of %j is refused: %s", async (text, code) => {
  await expect(csv(text)).rejects.toMatchObject({ name: "ImportError", code });
});

test("NDJSON lines are read one by one, blank ones not counted", async () => {
  const rows = await ndjson('{"id":"a"}\n\n  \r\nnonsense\n[1]\n{"id":"b"}');
  expect(rows.map((row) => ("code" in row ? [row.row, row.code] : [row.row, row.record["id"]]))).toEqual([
    [1, "a"],
    [2, "malformed-row"],
    [3, "malformed-row"],
    [4, "b"],
  ]);
});

test("a line that names a field twice says two things, and is left out", async () => {
  const rows = await ndjson(
    '{"id":"a","usernames":["x"],"id":"b"}\n{"id":"a","plan":{"upKbps":1,"upKbps":2}}\n{"id":"c"}',
  );
  expect(rows).toEqual([
    { row: 1, code: "malformed-row", detail: "line 1 names a field twice" },
    { row: 2, code: "malformed-row", detail: "line 2 names a field twice" },
    { row: 3, record: { id: "c" } },
  ]);
});

test("what is wrong with a line is told without its words", async () => {
  const [row] = await ndjson('{"credential":{"password":"hunter2"');
  expect(JSON.stringify(row)).not.toContain("hunter2");
});

test("a line without end is refused, not kept, and the next one is read", async () => {
  const rows = await all(readNdjsonRows(inChunks(`${"x".repeat(1_000_000)}\n{"id":"a"}\n`, 10_000)));
  expect(rows).toEqual([
    { row: 1, code: "malformed-row", detail: "line 1 is longer than 65536 octets" },
    { row: 2, record: { id: "a" } },
  ]);
});

const read = createSubscriberReader();

test("null says the same as nothing", () => {
  expect(read({ id: "a", usernames: [], name: null, plan: null })).toEqual({
    ok: true,
    input: { id: "a", usernames: [] },
  });
});

test.each([
  [{ usernames: [] }, /id/],
  [{ id: "a" }, /usernames/],
  [{ id: "", usernames: [] }, /^id/],
  [{ id: "a".repeat(254), usernames: [] }, /^id/],
  [{ id: "a", usernames: ["x", "x"] }, /^usernames/],
  [{ id: "a", usernames: ["x\n"] }, /^usernames\/0/],
  [{ id: "a", usernames: [], plan: { downKbps: 0, upKbps: 1 } }, /^plan\/downKbps/],
  [{ id: "a", usernames: [], plan: { downKbps: "1", upKbps: 1 } }, /^plan\/downKbps/],
  [{ id: "a", usernames: [], class: "vip" }, /^class/],
  [{ id: "a", usernames: [], protections: ["rich"] }, /^protections\/0/],
  [{ id: "a", usernames: [], email: "nobody" }, /^email/],
  [{ id: "a", usernames: [], credential: { password: "" } }, /^credential\/password/],
  [{ id: "a", usernames: [], colour: "red" }, /^colour is not a field/],
  [null, /the record/],
])("%j is no subscriber", (record, detail) => {
  const reading = read(record);
  expect(reading.ok).toBe(false);
  if (!reading.ok) expect(reading.detail).toMatch(detail);
});
