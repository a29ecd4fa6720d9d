import { setImmediate as others } from "node:timers/promises";
import type { Observation, Reading, Rejection, ReportReading } from "./observation.ts";
import { MAX_ROWS } from "./report-limits.ts";

/** So many rows take a few milliseconds; then whatever else waits in this process (RADIUS, above all) has its turn. */
const ROWS_AT_ONCE = 200;

/** Sorts what each row is read as into observations and rejections. The first row is row 1. */
export async function readRows<Row>(
  format: string,
  rows: Iterable<Row>,
  readRow: (row: Row, number: number) => Reading<Observation>,
): Promise<ReportReading> {
  const observations: Observation[] = [];
  const rejected: Rejection[] = [];
  let number = 0;
  for (const row of rows) {
    if (++number > MAX_ROWS) return { ok: false, code: "too-many-rows", detail: `a report may have ${MAX_ROWS} rows` };
    const reading = readRow(row, number);
    if (reading.ok) observations.push(reading.value);
    else rejected.push({ row: number, code: reading.code, detail: reading.detail });
    if (number % ROWS_AT_ONCE === 0) await others();
  }
  return { ok: true, format, observations, rejected };
}
