import type { Attribution } from "../attribution/attribute.ts";
import type { AttributedObservation } from "./report-store.ts";
import { type NotExactWhy, notExactReasons } from "./why-not-exact.ts";

type Verdict = Attribution["verdict"];

/** Rows of a report that name nobody for sure, for one and the same reason. */
export interface NotExactRows {
  readonly verdict: Exclude<Verdict, "exact">;
  /** Stable. */
  readonly why: NotExactWhy;
  /** In words, for people. */
  readonly reason: string;
  readonly count: number;
  /** The first of them. */
  readonly rows: readonly number[];
}

/** What the attribution of a report's observations came to. */
export interface VerdictCounts {
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly notExact: readonly NotExactRows[];
}

/** Rows told for each reason. */
export const MOST_ROWS_TOLD = 20;

/** So many observations with this verdict for this reason; `why` undefined: exact. */
export interface VerdictShare {
  readonly verdict: Verdict;
  readonly why: NotExactWhy | undefined;
  readonly count: number;
  /** The first of them. */
  readonly rows: readonly number[];
}

const sum = (shares: readonly VerdictShare[]): number => shares.reduce((total, { count }) => total + count, 0);

function together(shares: readonly VerdictShare[]): VerdictShare[] {
  return [...Map.groupBy(shares, ({ verdict, why }) => `${verdict} ${why}`).values()].flatMap((group) => {
    const rows = group.flatMap((share) => share.rows).sort((a, b) => a - b);
    return group.slice(0, 1).map((one) => ({ ...one, count: sum(group), rows: rows.slice(0, MOST_ROWS_TOLD) }));
  });
}

/** What some of a report's observations came to. */
export const verdictShares = (rows: readonly AttributedObservation[]): VerdictShare[] =>
  together(
    rows.map(({ attribution, why, observation }) => ({
      verdict: attribution.verdict,
      why,
      count: 1,
      rows: [observation.row],
    })),
  );

/** Puts the parts of a report together; what most rows have in common comes first. */
export function verdictCounts(shares: readonly VerdictShare[]): VerdictCounts {
  const of = (verdict: Verdict) => sum(shares.filter((share) => share.verdict === verdict));
  const notExact = together(shares).flatMap(({ verdict, why, count, rows }): NotExactRows[] =>
    verdict === "exact" || why === undefined ? [] : [{ verdict, why, reason: notExactReasons[why], count, rows }],
  );
  return {
    verdicts: { exact: of("exact"), ambiguous: of("ambiguous"), none: of("none") },
    notExact: notExact.sort((a, b) => b.count - a.count || (a.why < b.why ? -1 : 1)),
  };
}
