import { type HeldInterval, heldIntervals } from "./address-runs.ts";
import type { SessionState } from "./session-state.ts";

/** How the stored intervals of one session become those that follow from its state. */
export interface IntervalChange {
  /** To be removed: still open, or already in history. */
  readonly removed: readonly HeldInterval[];
  readonly added: readonly HeldInterval[];
}

const latest = (interval: HeldInterval): number => interval.until ?? Number.POSITIVE_INFINITY;

/** One prefix may be shown by two attributes: it is held once, from the first to the last. */
function joined(intervals: readonly HeldInterval[]): HeldInterval[] {
  const found: HeldInterval[] = [];
  for (const interval of [...intervals].sort((a, b) => a.from - b.from)) {
    const place = found.findLastIndex(({ prefix }) => prefix === interval.prefix);
    const before = found[place];
    if (before === undefined || interval.from >= latest(before)) found.push(interval);
    else if (latest(interval) > latest(before)) found[place] = { ...before, until: interval.until };
  }
  return found;
}

/** What a session held from when to when, by all that its records showed. */
export const intervalsOf = (state: SessionState): HeldInterval[] => [
  ...heldIntervals(state.ipv4, state),
  ...joined([state.ipv6, state.delegated, state.ipv6Addresses].flatMap((runs) => heldIntervals(runs, state))),
];

const isSame = (a: HeldInterval, b: HeldInterval): boolean =>
  a.prefix === b.prefix && a.from === b.from && a.until === b.until;

const nothing: IntervalChange = Object.freeze({ removed: [], added: [] });

/** `before` undefined: the session is new. */
export function intervalChange(before: SessionState | undefined, after: SessionState): IntervalChange {
  if (before === undefined) return { removed: [], added: intervalsOf(after) };
  const isUntouched =
    before.ipv4 === after.ipv4 &&
    before.ipv6 === after.ipv6 &&
    before.delegated === after.delegated &&
    before.ipv6Addresses === after.ipv6Addresses &&
    before.startedAt === after.startedAt &&
    before.isStartKnown === after.isStartKnown &&
    before.stoppedAt === after.stoppedAt;
  if (isUntouched) return nothing;
  const old = intervalsOf(before);
  const now = intervalsOf(after);
  return {
    removed: old.filter((interval) => !now.some((other) => isSame(interval, other))),
    added: now.filter((interval) => !old.some((other) => isSame(interval, other))),
  };
}
