import { monitorEventLoopDelay } from "node:perf_hooks";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { type BoundedReportReader, createBoundedReportReader } from "../../../src/intake/bounded-report-reader.ts";
import type { ReportReading } from "../../../src/intake/observation.ts";
import type { PostedReport } from "../../../src/intake/posted-report.ts";
import { createReportReader } from "../../../src/intake/read-report.ts";
import { startReportWorker } from "../../../src/intake/start-report-worker.ts";

const reader = createBoundedReportReader();
afterAll(() => reader.stop());

const rules = { now: new Date("2026-11-20T12:00:00Z"), sourceKind: "monitoring" } as const;
const same = async (reading: ReportReading) => reading;

const json = (text: string): PostedReport => ({ contentType: "application/json", body: gzipSync(text, { level: 1 }) });
const csv = (text: string): PostedReport => ({ ...json(text), contentType: "text/csv", reportType: "event4_sinkhole" });
const lines = (text: string): PostedReport => ({ ...json(text), contentType: "application/x-ndjson" });
const readBy = ({ read }: Pick<BoundedReportReader, "read">, posted: PostedReport) => read(posted, rules, same);

const record = (evidence: string) =>
  `{"ip":"192.0.2.1","port":4711,"at":"2026-11-20T11:00:00Z","until":"2026-11-20T11:00:01Z","category":"botnet","e":${evidence}}`;
const list = (count: number, evidence: (index: number) => string = String) =>
  `[${Array.from({ length: count }, (_, index) => record(evidence(index))).join(",")}]`;

const header = `timestamp,src_ip,${Array.from({ length: 28 }, (_, index) => `c${index}`).join(",")}`;
const row = `"2026-11-20 11:00:00","192.0.2.1",${Array.from({ length: 28 }, () => '"a"').join(",")}`;

/** The longest time for which nothing else could run while the work was under way. */
async function longestPauseMs(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await work();
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.disable();
  return delay.max / 1e6;
}

test.each<[string, PostedReport, string]>([
  ["millions of empty records", json(`[${"{},".repeat(6_000_000)}{}]`), "too-many-rows"],
  ["one record of millions of values", json(record(`[${"{},".repeat(6_000_000)}{}]`)), "unknown-shape"],
  ["brackets only", json("[".repeat(15_000_000)), "malformed-json"],
  ["millions of lines", lines("x\n".repeat(6_000_000)), "too-many-rows"],
  ["nothing but spaces", json(" ".repeat(30_000_000)), "empty-report"],
  ["more than a report may have", json("1".repeat(70_000_000)), "body-too-large"],
  ["a line that never ends", csv(`${header}\r${"a".repeat(60_000_000)}`), "1 row"],
  ["CSV with CR as line end", csv(`${header}\r${`${row}\r`.repeat(20_000)}`), "20000 rows"],
])("%s does not hold up the event loop", async (_, posted, outcome) => {
  expect(posted.body.length).toBeLessThan(400_000);
  const readings: ReportReading[] = [];
  const pause = await longestPauseMs(async () => readings.push(await readBy(reader, posted)));
  const [reading] = readings;
  const count = reading?.ok ? reading.observations.length + reading.rejected.length : 0;
  expect(reading?.ok ? `${count} row${count === 1 ? "" : "s"}` : reading?.code).toBe(outcome);
  // Read in place, such reports take seconds; what is left is other work on the machine.
  expect(pause).toBeLessThan(500);
});

test("a small report with very many rows gives way as well", async () => {
  const body = Buffer.from(`[${"{},".repeat(21_000)}{}]`);
  const pause = await longestPauseMs(() => readBy(reader, { contentType: "application/json", body }));
  expect(pause).toBeLessThan(250);
});

test.each<[string, () => PostedReport]>([
  ["JSON", () => json(list(3_000, (index) => `{"text":"größer ${index}","list":[1,null,true,{"a":"\\u0000"}]}`))],
  ["JSON with broken rows", () => json(`[${list(2_000).slice(1, -1)},{},1,"x",${record('"y"')}]`)],
  ["CSV", () => csv(`${header}\n${`${row}\n`.repeat(1_000)}"\n${row}`)],
  ["NDJSON", () => lines('{"event_type":"flow"}\nx\n'.repeat(5_000))],
])("a large report in %s is read into the same as in place", async (_, posted) => {
  const large = await readBy(reader, posted());
  const inPlace = await readBy({ read: createReportReader() }, posted());
  expect(large).toEqual(inPlace);
  expect(large).toMatchObject({ ok: true });
});

test("a report of a hundred thousand rows is read, and one row more is not", async () => {
  const whole = await readBy(reader, json(list(100_000)));
  expect(whole.ok && whole.observations.length).toBe(100_000);
  expect(await readBy(reader, json(`[${"{},".repeat(100_000)}{}]`))).toMatchObject({ code: "too-many-rows" });
});

test("a body that is not compressed comes back with its own digest and length", async () => {
  const body = Buffer.from(list(2_000));
  const expected = await readBy({ read: createReportReader() }, { contentType: "application/json", body });
  const byteCount = body.length;
  const reading = await readBy(reader, { contentType: "application/json", body });
  expect(reading).toMatchObject({ byteCount, sha256: expected.ok ? expected.sha256 : "" });
});

test("a thread that runs out of memory costs its report only", async () => {
  // Less than a thread takes for its own program, whatever it is to read: a report takes more only on some days.
  const tight = createBoundedReportReader({ heapMb: 8 });
  try {
    for (const body of [json(list(1_000)), json(list(2_000))])
      expect(await readBy(tight, body)).toMatchObject({ ok: false, code: "report-too-costly" });
    expect(await readBy(tight, json(list(1)))).toMatchObject({ ok: true });
  } finally {
    await tight.stop();
  }
});

test("a report that takes too long is given up, and its thread with it", async () => {
  const worker = startReportWorker({ readingMs: 1, heapMb: 100 });
  const { reading } = await worker.read(json(list(50_000)), rules);
  expect(reading).toMatchObject({ ok: false, code: "report-too-costly" });
  expect(worker.isAlive()).toBe(false);
});

test("a thread that is ended while it reads says so, and the next one reads", async () => {
  const worker = startReportWorker({ readingMs: 30_000, heapMb: 100 });
  const reading = worker.read(json(list(50_000)), rules);
  const failure = expect(reading).rejects.toThrow("ended with code");
  await worker.end();
  await failure;
  expect(worker.isAlive()).toBe(false);
  const next = startReportWorker({ readingMs: 30_000, heapMb: 100 });
  expect((await next.read(json(list(1_000)), rules)).reading).toMatchObject({ ok: true });
  await next.end();
});

test("while too many large reports are under way another is refused, and a small one is not", async () => {
  const narrow = createBoundedReportReader({ atOnce: 1, waiting: 0 });
  const used = Promise.withResolvers<void>();
  const read = Promise.withResolvers<void>();
  // So large that it is being read still when the next one, which is found too large at once, asks for its turn.
  const first = narrow.read(json(list(50_000)), rules, async (reading) => {
    read.resolve();
    await used.promise;
    return reading;
  });
  const refused = await readBy(narrow, json(list(1_000)));
  const small = await readBy(narrow, json(list(1)));
  await read.promise;
  const afterwards = await readBy(narrow, json(list(1_000)));
  used.resolve();
  expect(refused).toMatchObject({ ok: false, code: "too-many-reports" });
  expect(small).toMatchObject({ ok: true });
  expect(afterwards).toMatchObject({ ok: true });
  expect(await first).toMatchObject({ ok: true });
  await narrow.stop();
});

test("what is in use holds its memory until it is used, also if that fails", async () => {
  const narrow = createBoundedReportReader({ usedBytes: 1, waitMs: 10 });
  const failing = narrow.read(json(list(1_000)), rules, async () => {
    expect(await readBy(narrow, json(list(1_000)))).toMatchObject({ code: "too-many-reports" });
    throw new Error("the database is away");
  });
  await expect(failing).rejects.toThrow("the database is away");
  expect(await readBy(narrow, json(list(1_000)))).toMatchObject({ ok: true });
  await narrow.stop();
});

test("after a stop no large report is read, and the one under way ends", async () => {
  const stopped = createBoundedReportReader();
  const under = readBy(stopped, json(list(50_000))).catch((error: unknown) => error);
  const pause = await longestPauseMs(async () => undefined);
  expect(pause).toBeLessThan(500);
  await stopped.stop();
  expect(await under).toSatisfy((end) => end instanceof Error || (end as ReportReading).ok);
  expect(await readBy(stopped, json(list(1_000)))).toMatchObject({ code: "too-many-reports" });
});
