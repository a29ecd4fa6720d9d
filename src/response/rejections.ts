import type { Rejection, RowCode } from "../intake/observation.ts";

/** The rows of a report that were left out, however many there are. */
export interface Rejections {
  /** By row. */
  readonly first: readonly Rejection[];
  readonly count: number;
  /** Rows that nothing could have been made of, at any time and for any source. */
  readonly mistakes: number;
}

/** Told and kept of one report: a short one can have a hundred thousand, and each costs more to tell than to send. */
const MOST_REJECTIONS = 1_000;

/** What is left out without anybody's mistake: an honest sender leaves it to us, or sends it again. */
const noMistakes: ReadonlySet<RowCode> = new Set<RowCode>([
  "source-limit",
  "not-an-alert",
  "not-malicious",
  "category-not-mapped",
]);

export const countMistakes = (rejected: readonly Rejection[]): number =>
  rejected.reduce((count, { code }) => (noMistakes.has(code) ? count : count + 1), 0);

export function rejectionsOf(rejected: readonly Rejection[]): Rejections {
  const first = rejected.toSorted((a, b) => a.row - b.row).slice(0, MOST_REJECTIONS);
  return { first, count: rejected.length, mistakes: countMistakes(rejected) };
}
