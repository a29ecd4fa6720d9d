import type { Database } from "../database/database.ts";
import { removeStrays } from "../session/stray-interval-retention-store.ts";
import { dropIntervalMonths } from "./interval-months.ts";
import { keepSessions } from "./keep-sessions.ts";
import { type PurgeBounds, runPurge, sumOf } from "./purge.ts";
import { sessionPurge } from "./purges.ts";
import type { Removal } from "./retention-findings.ts";
import { untilDone } from "./until-done.ts";

const STRAYS = 5_000;

export interface RemovalRequest {
  readonly before: Date;
  readonly signal: AbortSignal;
  readonly bounds: PurgeBounds;
}

/** Removes sessions that ended before then, and the address history up to the month before. */
export async function removeOldSessions(
  database: Pick<Database, "query" | "transaction">,
  request: RemovalRequest,
): Promise<Removal> {
  const { before, signal, bounds } = request;
  if (!(await keepSessions(database, signal))) return { removed: {}, months: [], isCutShort: true };
  const sessions = await runPurge(database, sessionPurge, request);
  const months = await dropIntervalMonths(database, before, signal);
  const strays = await untilDone({ signal, portion: bounds.portion ?? STRAYS }, (limit) =>
    removeStrays(database, before, limit),
  );
  return {
    removed: sumOf([sessions.removed, { interval: months.intervals + strays }]),
    months: months.months.map(({ begins }) => begins.toISOString().slice(0, "2026-11".length)),
    isCutShort: sessions.isCutShort || months.waiting > 0 || signal.aborted,
  };
}
