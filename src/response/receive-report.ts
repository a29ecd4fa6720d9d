import type { Database, Transaction } from "../database/database.ts";
import { IntakeError } from "../intake/intake-error.ts";
import type { Rejection, ReportReading } from "../intake/observation.ts";
import type { PostedReport } from "../intake/posted-report.ts";
import type { ReadReport } from "../intake/read-report.ts";
import type { Source } from "../intake/source.ts";
import { sourceById } from "../intake/source-store.ts";
import { retryingConflicts } from "../subscriber/retry-conflict.ts";
import { admitCategories } from "./admit-observations.ts";
import { chunksOf } from "./chunks-of.ts";
import { holdSuspectReport } from "./hold-suspect-report.ts";
import { countMistakes, rejectionsOf } from "./rejections.ts";
import { type ReportHead, storeRejections } from "./report-store.ts";
import { type TakeInDependencies, type Taken, takeIn } from "./take-in.ts";
import { type VerdictCounts, verdictCounts } from "./verdict-counts.ts";

export interface ReceiveReport extends PostedReport {
  readonly sourceId: string;
  readonly now: Date;
}

/** `verdicts` and `notExact` are those of the accepted. */
export interface ReportAnswer extends VerdictCounts {
  /** Of the report. */
  readonly id: string;
  /** Stored, whatever their attribution. */
  readonly accepted: number;
  /** The source has claimed the same before. */
  readonly duplicates: number;
  /** By row, the first thousand. */
  readonly rejected: readonly Rejection[];
  /** How many there are, where there are more than that. */
  readonly rejectedCount?: number;
  /** Of the duplicates: so many that named nobody for sure then do so by now. Absent: none. */
  readonly attributedLater?: number;
  /** Cases that the observations opened or belong to: the accepted ones, and those attributed later. */
  readonly cases: readonly string[];
}

export interface ReportDependencies extends TakeInDependencies {
  readonly database: Database;
  readonly readReport: ReadReport;
  readonly newId: () => string;
  /** Called after each commit: what was ordered can be carried out. */
  readonly committed: () => void;
}

/**
 * Rows that share a transaction. A larger report takes several, so that none keeps the breakers' or the customers' rows
 * locked for long. Each is whole by itself: if one fails, its rows are not stored and the sender hears of it; when the
 * report is sent again, those before it are duplicates.
 */
const ROWS_PER_TRANSACTION = 250;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function readable(reading: ReportReading): Extract<ReportReading, { readonly ok: true }> {
  if (!reading.ok) throw new IntakeError(reading.code, reading.detail);
  return reading;
}

interface Read {
  readonly source: Source;
  readonly now: Date;
  readonly reading: ReportReading;
}

/** What follows from a report that was read. Resolves when all of it is committed. */
async function takeInAll(dependencies: ReportDependencies, { source, now, reading }: Read): Promise<ReportAnswer> {
  const { database, newId, committed } = dependencies;
  const { observations: read, rejected: unread, format, sha256, byteCount } = readable(reading);
  const head: ReportHead = { id: newId(), sourceId: source.id, receivedAt: now, format, sha256, byteCount };
  const allowed = admitCategories(source, read);
  await holdSuspectReport(dependencies, { source, observations: allowed.admitted, now });
  const mistakes = countMistakes([...unread, ...allowed.rejected]);
  const taken: Taken[] = [];
  for (const observations of chunksOf(allowed.admitted, ROWS_PER_TRANSACTION)) {
    const work = (trx: Transaction) => takeIn(trx, dependencies, { source, head, observations, mistakes });
    taken.push(await retryingConflicts(() => database.transaction(work)));
    committed();
  }
  const rejections = rejectionsOf([...unread, ...allowed.rejected, ...taken.flatMap((part) => part.rejected)]);
  const { first: rejected, count: rejectedCount } = rejections;
  const attributedLater = sum(taken.map((part) => part.attributedLater));
  if (rejectedCount > 0 || taken.length === 0) await storeRejections(database, head, rejections);
  return {
    id: head.id,
    accepted: sum(taken.map((part) => part.accepted)),
    duplicates: sum(taken.map((part) => part.duplicates)),
    rejected,
    ...(rejectedCount > rejected.length && { rejectedCount }),
    ...verdictCounts(taken.flatMap(({ verdicts }) => verdicts)),
    ...(attributedLater > 0 && { attributedLater }),
    cases: [...new Set(taken.flatMap((part) => part.cases))],
  };
}

/**
 * Takes in a report: reads it, finds out who it is about, opens cases, orders measures. When it resolves all of that is
 * committed. The same report again changes nothing. Throws IntakeError if nothing of it can be taken.
 */
export function createReportReceiver(
  dependencies: ReportDependencies,
): (report: ReceiveReport) => Promise<ReportAnswer> {
  const { database, readReport } = dependencies;
  return async (report) => {
    const { sourceId, now } = report;
    const source = await sourceById(database, sourceId);
    if (!source) throw new IntakeError("unknown-source", `there is no source ${sourceId}`);
    return await readReport(report, { now, sourceKind: source.kind }, (reading) =>
      takeInAll(dependencies, { source, now, reading }),
    );
  };
}
