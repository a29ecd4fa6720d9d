import { IntakeError } from "./intake-error.ts";
import type { Observation, Reading, Rejection } from "./observation.ts";
import { MAX_ROWS } from "./report-limits.ts";

export interface RowReading {
  /** From 1. */
  readonly row: number;
  readonly reading: Reading<Observation>;
}

/** A report whose format is known; its rows are read as they are asked for, which may throw IntakeError. */
export interface OpenReport {
  readonly ok: true;
  /** Right once the last row was read: some reports say it in their rows only. */
  readonly format: () => string;
  readonly rows: Iterable<RowReading>;
}

/** Some rows as read, in their order. */
export interface RowBatch {
  readonly observations: readonly Observation[];
  readonly rejected: readonly Rejection[];
}

/** A batch takes a few milliseconds at most; then whatever else waits in the process has its turn. */
const BATCH_MS = 4;
const BATCH_ROWS = 250;

export function* readRows<Row>(
  rows: Iterable<Row>,
  readRow: (row: Row, number: number) => Reading<Observation>,
): Generator<RowReading> {
  let row = 0;
  for (const given of rows) {
    if (++row > MAX_ROWS) throw new IntakeError("too-many-rows", `a report may have ${MAX_ROWS} rows`);
    yield { row, reading: readRow(given, row) };
  }
}

/** The rows of a report, a few at a time. */
export function* rowBatches(rows: Iterable<RowReading>): Generator<RowBatch> {
  let [observations, rejected]: [Observation[], Rejection[]] = [[], []];
  let since = performance.now();
  for (const { row, reading } of rows) {
    if (reading.ok) observations.push(reading.value);
    else rejected.push({ row, code: reading.code, detail: reading.detail });
    const isFull = observations.length + rejected.length >= BATCH_ROWS || performance.now() - since > BATCH_MS;
    if (!isFull) continue;
    yield { observations, rejected };
    [observations, rejected] = [[], []];
    since = performance.now();
  }
  yield { observations, rejected };
}
