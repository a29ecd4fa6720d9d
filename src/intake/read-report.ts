import { setImmediate as others } from "node:timers/promises";
import type { Observation, Rejection, ReportReading } from "./observation.ts";
import type { PostedReport, ReadingRules } from "./posted-report.ts";
import { createBatchReader } from "./read-in-batches.ts";
import { MAX_REPORT_BYTES } from "./report-limits.ts";

/** Reads a report and has it used. Only so long is the memory that it takes counted. */
export type ReadReport = <Result>(
  posted: PostedReport,
  rules: ReadingRules,
  use: (reading: ReportReading) => Promise<Result>,
) => Promise<Result>;

/** Reads in place, giving way every few milliseconds. `limit`: of the unpacked body, in bytes. */
export function createReportReader(limit: number = MAX_REPORT_BYTES): ReadReport {
  const readInBatches = createBatchReader(limit);
  return async (posted, rules, use) => {
    const observations: Observation[] = [];
    const rejected: Rejection[] = [];
    const whole = await readInBatches(posted, rules, async (batch) => {
      observations.push(...batch.observations);
      rejected.push(...batch.rejected);
      await others();
    });
    return await use(whole.ok ? { ...whole, observations, rejected } : whole);
  };
}
