import type { SessionState } from "./session-state.ts";

const end = (state: SessionState): number => state.stoppedAt ?? Number.POSITIVE_INFINITY;
const difference = (a: number, b: number): number => (a === b ? 0 : b - a);

/**
 * The uses of one Acct-Session-Id, newest first: the one that is open, then by when they began. Their numbers do not tell,
 * since of an old use the first record may come last.
 */
export const newestFirst = (states: readonly SessionState[]): readonly SessionState[] =>
  states.toSorted(
    (a, b) =>
      Number(a.stoppedAt !== undefined) - Number(b.stoppedAt !== undefined) ||
      difference(a.startedAt, b.startedAt) ||
      difference(end(a), end(b)) ||
      b.incarnation - a.incarnation,
  );
