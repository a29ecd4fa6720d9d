import { MAX_AHEAD_MS } from "../intake/report-limits.ts";

/**
 * How far the clocks that are compared may be apart. A reporter's whole seconds are up to one second early, and a NAS's
 * whole seconds of Acct-Delay-Time leave us up to one second late; both keep time by NTP (RFC 6302 section 2 asks it of
 * reporters), which leaves milliseconds.
 */
export const DEFAULT_SKEW_SECONDS = 2;

/** How fast a reporter's clock may be at most: a report's time further ahead is refused (intake/read-time.ts). */
const FASTEST_CLOCK_MS = MAX_AHEAD_MS;

/** That a session held the address, half open; `to` null: still. */
export interface HeldInterval {
  /** Null: a session whose User-Name belongs to nobody. */
  readonly subscriber: string | null;
  /** False: the subscriber has been removed since. */
  readonly subscriberExists: boolean;
  readonly session: string;
  readonly from: Date;
  /** It may have begun so much earlier, unseen: its Start was late. Absent: surely not. */
  readonly possiblyFrom?: Date;
  readonly to: Date | null;
  /**
   * Where several have the address at once, each with some of its ports: whether the observation's port is this one's;
   * "unsure": the observation names none, or nobody knows. Absent: the address is this one's alone.
   */
  readonly share?: "its-port" | "other-ports" | "unsure";
  /** It may have ended since then unseen: the records of it ceased. Absent: surely to its end. */
  readonly surelyTo?: Date;
}

export interface Candidate {
  readonly subscriber: string | null;
  readonly session: string;
  readonly from: Date;
  readonly to: Date | null;
}

/** Which subscriber an observation belongs to. Only `exact` names one; nothing is ever done to anyone on less. */
export interface Attribution {
  readonly verdict: "exact" | "ambiguous" | "none";
  readonly subscriber: string | null;
  readonly session: string | null;
  readonly candidates: readonly Candidate[];
  /** For the operator, in words. */
  readonly reason: string;
}

/** When it happened, by the reporter's clock. `until` absent: at one moment. */
export interface ObservedSpan {
  readonly at: Date;
  readonly until?: Date | undefined;
  readonly skewSeconds?: number | undefined;
  /** When we were told, by our clock. Absent: after all of it. */
  readonly toldAt?: Date | undefined;
}

interface Window {
  readonly at: number;
  readonly until: number;
  readonly skewMs: number;
  /** Holders from here to here, both included, come into question. */
  readonly earliest: number;
  readonly latest: number;
  /** By how much the reporter's clock is fast at least; undefined: nothing shows that it is. */
  readonly aheadMs?: number;
}

/**
 * What is told cannot lie ahead. Where it does by more than the clocks' error, the reporter's clock is fast: by that much
 * if it told at once, by more if it took its time, so nobody knows when it was but this: at most FASTEST_CLOCK_MS before
 * the time that it says, and before we were told.
 */
function windowOf({ at, until = at, skewSeconds = DEFAULT_SKEW_SECONDS, toldAt = until }: ObservedSpan): Window {
  const skewMs = skewSeconds * 1000;
  const told = toldAt.getTime();
  const aheadMs = until.getTime() - told;
  if (aheadMs <= Math.max(skewMs, DEFAULT_SKEW_SECONDS * 1000)) {
    const [from, to] = [at.getTime(), until.getTime()];
    return { at: from, until: to, skewMs, earliest: from - skewMs, latest: to + skewMs };
  }
  const from = Math.min(at.getTime(), told);
  return { at: from, until: told, skewMs, earliest: from - FASTEST_CLOCK_MS - skewMs, latest: told + skewMs, aheadMs };
}

/** The first and last moment at which a holder of the address comes into question. */
export function candidateSpan(span: ObservedSpan): { readonly from: Date; readonly to: Date } {
  const { earliest, latest } = windowOf(span);
  return { from: new Date(earliest), to: new Date(latest) };
}

const start = (interval: HeldInterval): number => interval.from.getTime();
const possibleStart = (interval: HeldInterval): number => interval.possiblyFrom?.getTime() ?? start(interval);
const end = (interval: HeldInterval): number => interval.to?.getTime() ?? Number.POSITIVE_INFINITY;

const sureEnd = (interval: HeldInterval): number =>
  Math.min(end(interval), interval.surelyTo?.getTime() ?? end(interval));

/** The interval's last moment lies before its end; a span's last moment belongs to it. */
const touches = (interval: HeldInterval, window: Window): boolean =>
  possibleStart(interval) <= window.latest && end(interval) > window.earliest;

/** The first moment of the span at which nobody held it, even with both clocks' error; undefined: held throughout. */
function firstGap(
  intervals: readonly HeldInterval[],
  window: Window,
  endOf: (interval: HeldInterval) => number,
): number | undefined {
  let heldTo = window.at;
  for (const interval of intervals) {
    if (start(interval) - window.skewMs > heldTo) break;
    heldTo = Math.max(heldTo, endOf(interval) + window.skewMs);
  }
  return heldTo > window.until ? undefined : heldTo;
}

const moment = (at: number | Date): string => new Date(at).toISOString();

const period = (interval: HeldInterval): string =>
  interval.to === null ? `since ${moment(interval.from)}` : `from ${moment(interval.from)} to ${moment(interval.to)}`;

const spanOf = (window: Window): string =>
  window.at === window.until ? `at ${moment(window.at)}` : `from ${moment(window.at)} to ${moment(window.until)}`;

function during(window: Window): string {
  if (window.aheadMs !== undefined)
    return `from ${moment(window.earliest)} to ${moment(window.until)}: the time told lies ${window.aheadMs / 1000} s ahead, so the clock that told it is fast`;
  return window.skewMs > 0 ? `${spanOf(window)}, give or take ${window.skewMs / 1000} s` : spanOf(window);
}

const candidate = (interval: HeldInterval): Candidate => ({
  subscriber: interval.subscriber,
  session: interval.session,
  from: interval.from,
  to: interval.to,
});

/** Several at once is what a human must look at: who they are, when it changed hands. */
function several(intervals: readonly HeldInterval[], window: Window): string {
  const names = [...new Set(intervals.map((interval) => interval.subscriber ?? "somebody unknown"))];
  const [first, second] = intervals;
  const unseen = second?.possiblyFrom ? `, or unseen since ${moment(second.possiblyFrom)}` : "";
  const handover =
    first?.to && second && names.length === 2 ? `; it changed hands at ${moment(second.from)}${unseen}` : "";
  const shown = names.slice(0, 5).join(", ") + (names.length > 5 ? ` and ${names.length - 5} more` : "");
  return `${shown} held the address ${during(window)}${handover}`;
}

/** Who of several it was is told by nothing but the port. */
function sharing(intervals: readonly HeldInterval[], window: Window): string {
  const isKnown = intervals.every(({ share }) => share === "other-ports");
  const why = isKnown ? "its port is none of theirs" : "no port tells whose it was";
  return `the address is shared, and ${why}: ${several(intervals, window)}`;
}

/** Whose port it surely is not comes into question only where it is nobody else's. */
function inQuestion(intervals: readonly HeldInterval[]): readonly HeldInterval[] {
  const others = intervals.filter(({ share }) => share !== "other-ports");
  return others.length > 0 ? others : intervals;
}

/** The session that held the address at the time itself, else the first one within the clocks' error. */
const sessionAt = (intervals: readonly HeldInterval[], at: number): string | null =>
  (intervals.findLast((interval) => start(interval) <= at && end(interval) > at) ?? intervals[0])?.session ?? null;

/** Why it is not exact, if it is not. */
function doubt(intervals: readonly HeldInterval[], window: Window): string | undefined {
  const [first] = intervals;
  if (!first) return undefined;
  if (window.aheadMs !== undefined && window.aheadMs > FASTEST_CLOCK_MS)
    return `the time told lies ${window.aheadMs / 1000} s ahead: nobody knows who will hold the address then`;
  if (intervals.some(({ share }) => share === "unsure" || share === "other-ports")) return sharing(intervals, window);
  const isOne = intervals.every((interval) => interval.subscriber === first.subscriber);
  if (!isOne) return several(intervals, window);
  if (first.subscriber === null)
    return `session ${first.session} held the address ${period(first)}, but its username belongs to no subscriber`;
  const removed = intervals.find(({ subscriberExists }) => !subscriberExists);
  if (removed) return `${removed.subscriber} held the address ${period(removed)}, but was removed since`;
  const only = `only ${first.subscriber} is known to have held the address ${spanOf(window)}`;
  const gap = firstGap(intervals, window, end);
  if (gap !== undefined) return `${only}, but nobody is at ${moment(gap)}`;
  const unsure = firstGap(intervals, window, sureEnd);
  return unsure === undefined
    ? undefined
    : `${only}, but nothing was heard of the session for too long by ${moment(unsure)}`;
}

/**
 * Names the holder of an address. `exact`: every session that held it at any moment of the span, widened by the clocks'
 * error, is of one and the same subscriber, who still exists, no part of the span is without a holder by more than
 * that error, and the holder's session was not silent for too long by then: its Stop may be lost, and the address with
 * somebody whose Start is lost, too. In normal operation, with Interims as they should come, that never is. A span that
 * ends ahead of `toldAt` was told by a fast clock: the ten minutes that it may be fast by are searched, too, and a time
 * further ahead names nobody. `none`: no session held it then. Everything else is `ambiguous`. Order of `intervals` does
 * not matter; those outside the span are ignored.
 */
export function attribute(span: ObservedSpan, intervals: readonly HeldInterval[]): Attribution {
  const window = windowOf(span);
  const touching = intervals.filter((interval) => touches(interval, window)).sort((a, b) => start(a) - start(b));
  const held = inQuestion(touching);
  const candidates = held.map(candidate);
  const [first] = held;
  if (!first) {
    const reason = `no session is known to have held the address ${during(window)}`;
    return { verdict: "none", subscriber: null, session: null, candidates, reason };
  }
  const reason = doubt(held, window);
  if (reason !== undefined) return { verdict: "ambiguous", subscriber: null, session: null, candidates, reason };
  const session = sessionAt(held, window.at);
  const ofSession = held.find((interval) => interval.session === session) ?? first;
  const what = first.share === undefined ? "the address" : "the address with that port";
  return {
    verdict: "exact",
    subscriber: first.subscriber,
    session,
    candidates,
    reason: `only ${first.subscriber} held ${what} ${during(window)}: session ${session} ${period(ofSession)}`,
  };
}
