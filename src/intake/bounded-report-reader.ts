import type { ReportReading } from "./observation.ts";
import { createReportReader, type ReadReport } from "./read-report.ts";
import { SMALL_REPORT_BYTES } from "./report-limits.ts";
import { createReportTurns, type TurnLimits } from "./report-turns.ts";
import { createReportWorkerPool } from "./report-worker-pool.ts";
import type { WorkerLimits } from "./start-report-worker.ts";

export interface BoundedReportReader {
  readonly read: ReadReport;
  /** Ends the threads. No large report is read any more. */
  stop(): Promise<void>;
}

const MB = 1024 * 1024;
const usual: TurnLimits & WorkerLimits = {
  atOnce: 2,
  waiting: 64,
  waitingBytes: 64 * MB,
  waitMs: 30_000,
  usedBytes: 128 * MB,
  readingMs: 30_000,
  heapMb: 384,
};

const tooMany: ReportReading = {
  ok: false,
  code: "too-many-reports",
  detail: "too many large reports are under way: send this one again in a minute",
};

/**
 * Reads reports beside RADIUS: small ones in place, at once; large ones in threads of their own, few at a time, within
 * limits of time and memory. A report made to cost much costs its sender the report, and nobody else anything.
 */
export function createBoundedReportReader(limits: Partial<TurnLimits & WorkerLimits> = {}): BoundedReportReader {
  const all = { ...usual, ...limits };
  const readSmall = createReportReader(SMALL_REPORT_BYTES);
  const turns = createReportTurns(all);
  const pool = createReportWorkerPool(all);
  const read: ReadReport = async (posted, rules, use) => {
    const small = await readSmall(posted, rules, async (reading) => reading);
    if (small.ok || small.code !== "body-too-large") return await use(small);
    const turn = await turns.take(posted.body.length);
    if (!turn) return await use(tooMany);
    try {
      const { reading, bytes } = await pool.run((worker) => worker.read(posted, rules));
      turn.wasRead(bytes);
      return await use(reading);
    } finally {
      turn.end();
    }
  };
  const stop = async () => {
    turns.close();
    await pool.stop();
  };
  return { read, stop };
}
