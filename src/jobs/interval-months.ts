import type { Database } from "../database/database.ts";
import {
  addIntervalMonth,
  detachMonth,
  dropMonth,
  type IntervalMonth,
  intervalMonths,
  monthOf,
} from "../session/interval-month-retention-store.ts";
import { briefly } from "./briefly.ts";

type Stored = Pick<Database, "query" | "transaction">;

const MONTHS_AHEAD = 3;

/**
 * Makes the address history's parts for this month and the next ones, as far as they are missing. `missing`: those that
 * could not be made; what ends in them goes among the strays, and nothing is lost by it.
 */
export async function makeIntervalMonths(
  database: Stored,
  now: Date,
  signal: AbortSignal,
): Promise<{ readonly made: number; readonly missing: number }> {
  const known = new Set((await intervalMonths(database)).map(({ begins }) => begins.getTime()));
  const wanted = Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => monthOf(now, ahead));
  let made = 0;
  let missing = 0;
  for (const begins of wanted.filter((month) => !known.has(month.getTime()))) {
    const answer = await briefly(database, signal, (trx) => addIntervalMonth(trx, begins));
    if (answer === "made") made += 1;
    if (answer === undefined || answer === "strays") missing += 1;
  }
  return { made, missing };
}

export interface MonthsDropped {
  readonly months: readonly IntervalMonth[];
  readonly intervals: number;
  /** Old enough, but not to be had without making accounting wait. */
  readonly waiting: number;
}

/**
 * Drops the parts of the address history that ended before then. Each is taken out in a moment, and dropped when nobody
 * looks at it any more; where a run ends in between, the next one goes on.
 */
export async function dropIntervalMonths(database: Stored, before: Date, signal: AbortSignal): Promise<MonthsDropped> {
  const dropped: IntervalMonth[] = [];
  let intervals = 0;
  let waiting = 0;
  for (const month of await intervalMonths(database)) {
    if (month.isAttached && month.ends > before) continue;
    const taken = month.isAttached ? await briefly(database, signal, (trx) => detachMonth(trx, month)) : month;
    if (taken === undefined || signal.aborted) {
      waiting += 1;
      continue;
    }
    intervals += await database.transaction((trx) => dropMonth(trx, taken));
    dropped.push(month);
  }
  return { months: dropped, intervals, waiting };
}
