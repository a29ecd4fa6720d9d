import type { Stock } from "../session/aged-rows-retention-store.ts";
import type { Findings } from "./job.ts";

/** What a part of a run removed. */
export interface Removal {
  /** Table to rows. */
  readonly removed: Readonly<Record<string, number>>;
  /** Of the address history: "2025-10". */
  readonly months: readonly string[];
  /** It met a bound, and the next run goes on. */
  readonly isCutShort: boolean;
}

/** What is left of a kind of record. */
export interface Remainder extends Stock {
  readonly kind: string;
}

const words: Readonly<Record<string, string>> = {
  subscriber_case: "cases",
  observation: "observations",
  measure: "measures",
  enforcement: "enforcements",
  report: "reports",
  audit: "auditEntries",
  session: "sessions",
  interval: "intervals",
  subscriber: "subscribers",
};

const DAY_MS = 24 * 60 * 60 * 1000;

/** In the words of the API: "subscriber_case" to "cases". */
export const inWords = (removed: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(removed).map(([table, count]) => [words[table] ?? table, count]));

const days = (now: Date, at: Date): number => Math.round(((now.getTime() - at.getTime()) / DAY_MS) * 10) / 10;

const remainderFindings = ({ kind, kept, overdue, oldest }: Remainder, now: Date): Findings => ({
  [`${kind}Kept`]: kept,
  [`${kind}Overdue`]: overdue,
  ...(oldest && { [`${kind}OldestDays`]: days(now, oldest) }),
});

/**
 * For each kind of record: how many are gone; how many are older than the limit and there for a reason, and how many
 * without one (`…Overdue`: the proof is that it is 0, unless the run was cut short); and how old the oldest is.
 */
export function retentionFindings(
  now: Date,
  { removals, remainders }: { readonly removals: readonly Removal[]; readonly remainders: readonly Remainder[] },
): Findings {
  const removed = removals.flatMap((one) => Object.entries(inWords(one.removed)));
  const findings: Record<string, number> = { cutShort: removals.some(({ isCutShort }) => isCutShort) ? 1 : 0 };
  for (const [word, count] of removed) findings[`${word}Removed`] = (findings[`${word}Removed`] ?? 0) + count;
  findings["monthsRemoved"] = removals.flatMap(({ months }) => months).length;
  return Object.assign(findings, ...remainders.map((one) => remainderFindings(one, now)));
}
