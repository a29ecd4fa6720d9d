import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Observation, ReportReading } from "../../../src/intake/observation.ts";
import type { PostedReport } from "../../../src/intake/posted-report.ts";
import { createReportReader } from "../../../src/intake/read-report.ts";
import type { SourceKind } from "../../../src/intake/source.ts";

export const now = new Date("2026-11-20T12:00:00Z");

const read = createReportReader();

/** Reads a body as the API would pass it on. */
export function readBody(
  contentType: string,
  body: string | Buffer,
  rest: Partial<PostedReport> & { readonly kind?: SourceKind; readonly now?: Date } = {},
): Promise<ReportReading> {
  const { kind, now: at, ...posted } = rest;
  const rules = { now: at ?? now, sourceKind: kind ?? "third-party" };
  return read({ contentType, body: Buffer.from(body), ...posted }, rules, async (reading) => reading);
}

export const readJson = (document: unknown): Promise<ReportReading> =>
  readBody("application/json", JSON.stringify(document));

/** The observations of a report that must be readable. */
export function observationsIn(reading: ReportReading): readonly Observation[] {
  if (!reading.ok) throw new Error(`${reading.code}: ${reading.detail}`);
  return reading.observations;
}

/** [row, code] of each rejected row. */
export function rejectedIn(reading: ReportReading): (readonly [number, string])[] {
  if (!reading.ok) throw new Error(`${reading.code}: ${reading.detail}`);
  return reading.rejected.map(({ row, code }) => [row, code]);
}

const samples = resolve(import.meta.dirname, "../../../../shared/data");

/** Whether the real reports are beside the repository; tests that need them are skipped where they are not. */
export const hasSamples = existsSync(samples);
/** For the end of their names. */
export const samplesNote = hasSamples ? "" : " (skipped: no sample reports beside the repository)";
export const sample = (name: string): string => readFileSync(resolve(samples, name), "utf8");
