import type { AccountingEvent } from "./accounting-event.ts";
import { newestRecordAt, type SessionState } from "./session-state.ts";
import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

/**
 * A NAS without a clock of its own, or one that was never set, repeats itself from boot to boot. Other mistakes (a zone, a
 * summer time, the date) are less than this, and last.
 */
export const MOST_CLOCK_ERROR_MS = 48 * 60 * 60 * 1000;

/** A session time is whole seconds, and taken a moment before or after the time. */
export const CLOCK_SLACK_SECONDS = 5;
/** How many seconds it takes clocks to differ by one more: 100 parts in a million. */
export const CLOCK_DRIFT_SECONDS = 10_000;

/** Whether this is a time that the NAS will not have again: ours is about the same. `eventTimestamp`: seconds. */
export const isClockSet = (eventTimestamp: number, at: Date): boolean =>
  Math.abs(eventTimestamp * 1000 - at.getTime()) <= MOST_CLOCK_ERROR_MS;

/** When its session began on the NAS's own clock, by a record's own account: the same for all records of a session. */
export function claimedClockStart({ status, eventTimestamp, sessionSeconds }: AccountingEvent): number | undefined {
  if (eventTimestamp === undefined || status === "start") return eventTimestamp;
  return sessionSeconds === undefined ? undefined : eventTimestamp - sessionSeconds;
}

/** So soon, a NAS that counts its session ids from the beginning again may open one in the second in which it was opened before. */
export const SAME_SECOND_MS = 2_000;

/** Whether a Start can be another session's although its clock's second is the same. A repetition says its delay, or comes later. */
const isOpenedAgain = ({ nasClock, startedAt, stoppedAt }: SessionState, event: AccountingEvent): boolean =>
  stoppedAt !== undefined &&
  nasClock?.newest === nasClock?.start &&
  event.at.getTime() > stoppedAt &&
  event.receivedAt.getTime() <= startedAt + SAME_SECOND_MS;

/**
 * Whether the NAS's own clock says that a record is of this session. Whoever sends a captured packet again cannot change
 * that. Compared for equality only: a clock may be wrong, and go back.
 */
export function isOnClock(state: SessionState, event: AccountingEvent): boolean {
  const { nasClock, isStartKnown, username } = state;
  const start = claimedClockStart(event);
  if (start === undefined || nasClock === undefined) return false;
  if (username !== "" && event.username !== "" && username !== event.username) return false;
  if (event.status === "start" && isStartKnown) return start === nasClock.start && !isOpenedAgain(state, event);
  const elapsed = Math.max(nasClock.newest, event.eventTimestamp ?? 0) - nasClock.start;
  return Math.abs(start - nasClock.start) <= CLOCK_SLACK_SECONDS + Math.trunc(elapsed / CLOCK_DRIFT_SECONDS);
}

/**
 * Whether a record that is `isOnClock` is one that was taken in already: sent again, with whatever Acct-Delay-Time, by its
 * NAS or by somebody else.
 */
export function isRepeated({ nasClock, isStartKnown, stoppedAt, shownDigest }: SessionState, event: AccountingEvent) {
  if (event.status === "start" && isStartKnown) return true;
  const isSaid = event.eventTimestamp === nasClock?.newest && event.shownDigest === shownDigest;
  return isSaid && !(event.status === "stop" && stoppedAt === undefined);
}

/** Whether a record that is `isOnClock` is older than the newest of its session, whenever it came. */
const isOutdated = ({ nasClock }: SessionState, { eventTimestamp }: AccountingEvent): boolean =>
  nasClock !== undefined && eventTimestamp !== undefined && eventTimestamp < nasClock.newest;

/** Whether one of these sessions has had this record, or a later one. */
export const isOldNews = (states: readonly SessionState[], event: AccountingEvent): boolean => {
  const own = states.find((state) => isOnClock(state, event));
  return own !== undefined && (isRepeated(own, event) || isOutdated(own, event));
};

/** How much later than the NAS's clock says a record that is `isOnClock` may be taken to be. `elapsed`: seconds. */
const tolerance = (elapsed: number): number => UNSAID_DELAY_MS + Math.trunc(elapsed / (CLOCK_DRIFT_SECONDS / 1000));

/** A session whose Start is known has no earlier record. */
const notBeforeStart = (state: SessionState, at: number): number =>
  state.isStartKnown ? Math.max(at, state.startedAt) : at;

function timeOnClock(state: SessionState, event: AccountingEvent): number {
  const { nasClock, startedAt } = state;
  const { eventTimestamp } = event;
  const at = event.at.getTime();
  if (nasClock === undefined || eventTimestamp === undefined) return at;
  const elapsed = eventTimestamp - nasClock.start;
  const told = startedAt + elapsed * 1000;
  const newest = newestRecordAt(state);
  if (isOutdated(state, event)) return notBeforeStart(state, Math.min(at, told, newest - 1));
  const believed = at > told + tolerance(elapsed) ? told : at;
  // A Stop that is heard for the first time is news, whatever else its second has seen.
  const isNews = event.status === "stop" && state.stoppedAt === undefined;
  return eventTimestamp === nasClock.newest && !isNews ? Math.min(believed, newest) : believed;
}

/**
 * A record of this session at the time when it was, if that is told by the clock: not long after what its NAS's clock says has passed since the start,
 * nor after what came later. That it arrives now does not show that its session is there now.
 */
export function placedOnClock(state: SessionState, event: AccountingEvent): AccountingEvent {
  if (!isOnClock(state, event)) return event;
  const at = timeOnClock(state, event);
  const isNews = event.eventTimestamp !== undefined && event.eventTimestamp > (state.nasClock?.newest ?? 0);
  if (at === event.at.getTime() && isNews) return event;
  const arrival = isNews ? event.receivedAt.getTime() : Math.min(event.receivedAt.getTime(), state.lastSeenAt);
  // One by one: what it shows is read from its packet by getters.
  return {
    nasId: event.nasId,
    status: event.status,
    acctSessionId: event.acctSessionId,
    username: event.username,
    at: new Date(at),
    receivedAt: new Date(arrival),
    eventTimestamp: event.eventTimestamp,
    sessionSeconds: event.sessionSeconds,
    ipv4: event.ipv4,
    sharedPorts: event.sharedPorts,
    ipv6Prefixes: event.ipv6Prefixes,
    delegatedPrefixes: event.delegatedPrefixes,
    ipv6Addresses: event.ipv6Addresses,
    inputOctets: event.inputOctets,
    outputOctets: event.outputOctets,
    interimSeconds: event.interimSeconds,
    terminateCause: event.terminateCause,
    identity: event.identity,
    observed: event.observed,
    shownDigest: event.shownDigest,
  };
}

/** What is known of the NAS's clock after one of the session's records. */
export function clockAfter(state: SessionState, event: AccountingEvent): SessionState["nasClock"] {
  const { nasClock } = state;
  const { eventTimestamp } = event;
  const start = claimedClockStart(event);
  if (start === undefined || eventTimestamp === undefined) return nasClock;
  if (nasClock === undefined)
    return isClockSet(eventTimestamp, event.at) ? { start, newest: eventTimestamp } : undefined;
  if (!isOnClock(state, event)) return nasClock;
  const isExact = event.status === "start" && !state.isStartKnown;
  return { start: isExact ? start : nasClock.start, newest: Math.max(nasClock.newest, eventTimestamp) };
}
