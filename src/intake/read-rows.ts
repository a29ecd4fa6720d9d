import type { Observation, Reading, Rejection, ReportReading } from "./observation.ts";

/** Sorts what each row was read as into observations and rejections. `rows` come in order, the first one is row 1. */
export function readRows<Row>(
  format: string,
  rows: readonly Row[],
  readRow: (row: Row, number: number) => Reading<Observation>,
): ReportReading {
  const observations: Observation[] = [];
  const rejected: Rejection[] = [];
  for (const [index, row] of rows.entries()) {
    const reading = readRow(row, index + 1);
    if (reading.ok) observations.push(reading.value);
    else rejected.push({ row: index + 1, code: reading.code, detail: reading.detail });
  }
  return { ok: true, format, observations, rejected };
}
