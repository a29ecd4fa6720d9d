import { pino } from "pino";
import type { Database } from "../../../../src/database/database.ts";
import type { Findings } from "../../../../src/jobs/job.ts";
import { type RetentionDependencies, retentionJob } from "../../../../src/jobs/retention-job.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;
export const never = new AbortController().signal;
export const silent = pino({ level: "silent" });

/** The moment at which these tests run the job, unless they say another. */
export const now = new Date("2027-06-15T02:23:00Z");
export const daysAgo = (days: number, from = now): Date => new Date(from.getTime() - days * DAY_MS);

export const retention = { sessionDays: 100, caseDays: 200 };

type Options = Partial<Omit<RetentionDependencies, "database">> & { readonly at?: Date; readonly signal?: AbortSignal };

/** Runs the job once: sessions for 100 days, cases for 200. */
export const runRetention = (
  database: Pick<Database, "query" | "transaction">,
  options: Options = {},
): Promise<Findings> =>
  retentionJob({ database, retention, log: silent, ...options }).run({
    now: options.at ?? now,
    signal: options.signal ?? never,
  });

/** Every table that the job may remove from. */
export const emptied = `session, address_interval, subscriber, source, report, observation, subscriber_case, case_event,
  measure, enforcement, enforcement_job, audit, legal_hold, breaker, walk`;
