import type { Logger } from "pino";
import type { Retention } from "../config/retention.ts";
import type { Database } from "../database/database.ts";
import { recordRemoval } from "./audit-retention-store.ts";
import { makeIntervalMonths } from "./interval-months.ts";
import type { Findings, Job, JobContext } from "./job.ts";
import { proveCases, proveSessions } from "./prove-retention.ts";
import { type PurgeBounds, sumOf } from "./purge.ts";
import { measuresBefore, removeOldCases } from "./remove-old-cases.ts";
import { removeOldSessions } from "./remove-old-sessions.ts";
import { inWords, type Remainder, type Removal, retentionFindings } from "./retention-findings.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export interface RetentionDependencies {
  readonly database: Pick<Database, "query" | "transaction">;
  readonly retention: Retention;
  readonly log: Pick<Logger, "error" | "warn">;
  readonly bounds?: PurgeBounds;
}

const usualBounds: PurgeBounds = { most: 10_000_000 };

/** What was over before then goes; undefined: nothing ever does. */
const limitOf = (days: number, now: Date): Date | undefined =>
  days === 0 ? undefined : new Date(now.getTime() - days * DAY_MS);

/**
 * Removes what is older than it is to be kept, makes room for the address history of the months to come, and then counts
 * what should not be there. What belongs to something that is not over stays with it.
 */
export function retentionJob(dependencies: RetentionDependencies): Job {
  const { database, retention, log, bounds = usualBounds } = dependencies;
  return {
    name: "retention",
    schedule: "23 2 * * *",
    limitMs: 600_000,
    run: async (context) => {
      const { now, signal } = context;
      const months = await makeIntervalMonths(database, now, signal);
      if (months.missing > 0)
        log.warn(months, "months of the address history could not be made; the next run tries again");
      const limits = { cases: limitOf(retention.caseDays, now), sessions: limitOf(retention.sessionDays, now) };
      const removals: Removal[] = [];
      if (limits.cases) removals.push(await removeOldCases(database, { ...context, bounds, before: limits.cases }));
      if (limits.sessions)
        removals.push(await removeOldSessions(database, { signal, bounds, before: limits.sessions }));
      const remainders = signal.aborted ? [] : await prove(database, context, limits);
      tellOverdue(log, removals, remainders);
      await keepRecord(database, now, { limits, removals, remainders });
      const made = { monthsMade: months.made, monthsMissing: months.missing };
      return { ...made, ...retentionFindings(now, { removals, remainders }) };
    },
  };
}

interface Limits {
  readonly cases: Date | undefined;
  readonly sessions: Date | undefined;
}

async function prove(database: RetentionDependencies["database"], { now }: JobContext, limits: Limits) {
  const { cases: before, sessions } = limits;
  return [
    ...(before
      ? await proveCases(database, { before, measuresBefore: await measuresBefore(database, before, now) })
      : []),
    ...(sessions ? await proveSessions(database, sessions) : []),
  ];
}

const overdueOf = (remainders: readonly Remainder[]): Findings =>
  Object.fromEntries(remainders.flatMap(({ kind, overdue }) => (overdue > 0 ? [[kind, overdue]] : [])));

function tellOverdue(log: Pick<Logger, "error">, removals: readonly Removal[], remainders: readonly Remainder[]): void {
  const overdue = overdueOf(remainders);
  if (removals.some(({ isCutShort }) => isCutShort) || Object.keys(overdue).length === 0) return;
  log.error({ overdue }, "records are there that are older than they are to be kept");
}

async function keepRecord(
  database: RetentionDependencies["database"],
  now: Date,
  run: { readonly limits: Limits; readonly removals: readonly Removal[]; readonly remainders: readonly Remainder[] },
): Promise<void> {
  const removed = inWords(sumOf(run.removals.map((one) => one.removed)));
  const months = run.removals.flatMap((one) => one.months);
  if (months.length === 0 && Object.values(removed).every((count) => count === 0)) return;
  await recordRemoval(database, now, {
    casesBefore: run.limits.cases,
    sessionsBefore: run.limits.sessions,
    removed,
    months,
    overdue: overdueOf(run.remainders),
    isCutShort: run.removals.some(({ isCutShort }) => isCutShort),
  });
}
