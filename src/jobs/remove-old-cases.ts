import type { Database } from "../database/database.ts";
import { longestBreakerWindow } from "../enforcement/measure-retention-store.ts";
import { type Purge, type Purged, runPurge, sumOf } from "./purge.ts";
import { casePurges } from "./purges.ts";
import type { RemovalRequest } from "./remove-old-sessions.ts";
import type { Removal } from "./retention-findings.ts";

type Stored = Pick<Database, "query" | "transaction">;

/** Measures stay as long as a breaker may count them, too. */
export async function measuresBefore(database: Stored, before: Date, now: Date): Promise<Date> {
  const windowMs = (await longestBreakerWindow(database)) * 1000;
  return new Date(Math.min(before.getTime(), now.getTime() - windowMs));
}

/** Removes closed cases with all that belongs to them, and what belongs to no case, in the order of `casePurges`. */
export async function removeOldCases(
  database: Stored,
  request: RemovalRequest & { readonly now: Date },
): Promise<Removal> {
  const { cases, measures, enforcements, reports, audit } = casePurges;
  const done: Purged[] = [];
  const run = async (purge: Purge, before = request.before) => {
    done.push(await runPurge(database, purge, { ...request, before }));
  };
  await run(cases);
  await run(measures, await measuresBefore(database, request.before, request.now));
  await run(enforcements);
  await run(reports);
  await run(audit);
  return {
    removed: sumOf(done.map(({ removed }) => removed)),
    months: [],
    isCutShort: done.some(({ isCutShort }) => isCutShort),
  };
}
