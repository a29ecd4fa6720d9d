import type { Queryable } from "../database/database.ts";
import {
  forgetKeptSessions,
  type IdPortion,
  keepSessionsOfCases,
  keepSessionsOfHolds,
  keepSessionsOfMeasures,
} from "../response/kept-session-retention-store.ts";

const PORTION = 500;

/** Lists anew the sessions that stay, whatever their age. False: it was told to end before the list was whole. */
export async function keepSessions(on: Queryable, signal: AbortSignal): Promise<boolean> {
  await forgetKeptSessions(on);
  await keepSessionsOfHolds(on);
  for (const keep of [keepSessionsOfCases, keepSessionsOfMeasures]) {
    if (!(await throughout(signal, (portion) => keep(on, portion)))) return false;
  }
  return true;
}

async function throughout(
  signal: AbortSignal,
  keep: (portion: IdPortion) => Promise<string | undefined>,
): Promise<boolean> {
  for (let after: string | undefined = "0"; after !== undefined; ) {
    if (signal.aborted) return false;
    after = await keep({ after, limit: PORTION });
  }
  return true;
}
