import { isDeepStrictEqual } from "node:util";
import type { AccountingEvent } from "./accounting-event.ts";
import { type AddressRuns, noRuns, showAddresses } from "./address-runs.ts";
import { GUESSED_START_SLACK_MS } from "./inferred-end.ts";
import { claimedStart } from "./match-incarnation.ts";
import { clockAfter } from "./nas-clock.ts";
import {
  type InferredEnd,
  isEndInferred,
  isOnlyStopSeen,
  neverAlive,
  newestRecordAt,
  type SessionState,
} from "./session-state.ts";
import { portsAfter } from "./shared-ports.ts";
import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

const greater = (a: bigint, b: bigint | undefined): bigint => (b !== undefined && b > a ? b : a);

/** The newest record's word counts; one without an attribute does not say that it is gone. */
function identityAfter(state: SessionState, event: AccountingEvent, isNewest: boolean): SessionState["identity"] {
  const merged = isNewest ? { ...state.identity, ...event.identity } : { ...event.identity, ...state.identity };
  return isDeepStrictEqual(state.identity, merged) ? state.identity : merged;
}

/** What the newest record shows, and nothing else: a rate or filter that is no longer shown is gone. */
function observedAfter(state: SessionState, event: AccountingEvent, isNewest: boolean): SessionState["observed"] {
  return !isNewest || isDeepStrictEqual(state.observed, event.observed) ? state.observed : event.observed;
}

type Addresses = Pick<SessionState, "ipv4" | "ipv6" | "delegated" | "ipv6Addresses">;

/** Each attribute tells of itself: an Interim that shows one prefix does not say that another is gone. */
function addressesAfter(state: SessionState, event: AccountingEvent): Addresses {
  const at = event.at.getTime();
  const newestAt = newestRecordAt(state);
  const after = (known: AddressRuns, prefixes: readonly string[] = []) =>
    showAddresses(known, { prefixes, at }, newestAt);
  return {
    ipv4: after(state.ipv4, event.ipv4 === undefined ? [] : [`${event.ipv4}/32`]),
    ipv6: after(state.ipv6, event.ipv6Prefixes),
    delegated: after(state.delegated, event.delegatedPrefixes),
    ipv6Addresses: after(state.ipv6Addresses, event.ipv6Addresses),
  };
}

type Life = Pick<SessionState, "startedAt" | "isStartKnown" | "aliveAt" | "stoppedAt" | "terminateCause">;

/** `floor`: when the use of the id before this one ended; `isLatest`: there is no later use. */
export interface Neighbours {
  readonly floor: number;
  readonly isLatest: boolean;
}

const aliveAfter = (state: SessionState, at: number): number =>
  isOnlyStopSeen(state) ? at : Math.max(state.aliveAt, at);

/** The session time that a record claims reaches back to the previous use of the id at most. */
function guessedStart(state: SessionState, event: AccountingEvent, floor: number): number {
  const at = event.at.getTime();
  return Math.min(state.startedAt, Math.max(claimedStart(event) ?? at, Math.min(floor, at)));
}

function lifeAfterStart(state: SessionState, event: AccountingEvent): Life {
  const at = event.at.getTime();
  const aliveAt = aliveAfter(state, at);
  // It was under way for longer than it says: the guess from the Stop is the better one.
  if (at > (state.stoppedAt ?? at) && !state.isStartKnown)
    return { ...state, aliveAt: Math.min(aliveAt, state.startedAt) };
  const startedAt = state.isStartKnown ? Math.min(state.startedAt, at) : at;
  return { ...state, startedAt, isStartKnown: true, aliveAt };
}

/** Whether an Interim shows that a session lives on which was taken to be over without a Stop. */
function isRevived(state: SessionState, at: number): boolean {
  if (state.stoppedAt === undefined || !isEndInferred(state)) return false;
  switch (state.terminateCause as InferredEnd) {
    case "stale":
      return at > state.stoppedAt;
    case "nas-restart":
      return at > state.stoppedAt + UNSAID_DELAY_MS;
    case "replaced":
      return false;
  }
}

function lifeAfterInterim(state: SessionState, event: AccountingEvent, neighbours: Neighbours): Life {
  const at = event.at.getTime();
  const isAgain = neighbours.isLatest && isRevived(state, at);
  return {
    ...state,
    ...(isAgain ? { stoppedAt: undefined, terminateCause: undefined } : {}),
    startedAt: state.isStartKnown ? state.startedAt : guessedStart(state, event, neighbours.floor),
    aliveAt: aliveAfter(state, at),
  };
}

/**
 * When a Stop says that its session ended. One that was sent again without a word of its delay looks as much younger than
 * it is; by its session time it had ended before, and the address may have been another's since. A greater difference
 * than such a delay, or a record that showed it alive after that, says that the session time is wrong.
 */
function stopTime(state: SessionState, event: AccountingEvent): number {
  const at = event.at.getTime();
  if (!state.isStartKnown || event.sessionSeconds === undefined) return at;
  // The whole seconds of the session time are up to one too few.
  const claimed = state.startedAt + (event.sessionSeconds + 1) * 1000;
  const isLate = at - claimed > GUESSED_START_SLACK_MS && at - claimed <= UNSAID_DELAY_MS;
  return isLate && claimed >= state.aliveAt ? claimed : at;
}

function lifeAfterStop(state: SessionState, event: AccountingEvent, neighbours: Neighbours): Life {
  const at = stopTime(state, event);
  const isOverruled = isEndInferred(state) && state.terminateCause !== "replaced";
  const stoppedAt = isOverruled ? at : Math.min(at, state.stoppedAt ?? at);
  const start = state.isStartKnown ? state.startedAt : guessedStart(state, event, neighbours.floor);
  const startedAt = Math.min(start, stoppedAt);
  const cause = isEndInferred(state) ? undefined : state.terminateCause;
  return {
    ...state,
    startedAt,
    aliveAt: isOnlyStopSeen(state) ? neverAlive(startedAt) : state.aliveAt,
    stoppedAt,
    terminateCause: cause ?? event.terminateCause,
  };
}

function lifeAfter(state: SessionState, event: AccountingEvent, neighbours: Neighbours): Life {
  switch (event.status) {
    case "start":
      return lifeAfterStart(state, event);
    case "interim":
      return lifeAfterInterim(state, event, neighbours);
    case "stop":
      return lifeAfterStop(state, event, neighbours);
  }
}

/** The session after one of its own records. */
export function withRecord(state: SessionState, event: AccountingEvent, neighbours: Neighbours): SessionState {
  const isNewest = event.at.getTime() >= newestRecordAt(state);
  return {
    ...state,
    ...lifeAfter(state, event, neighbours),
    ...addressesAfter(state, event),
    sharedPorts: portsAfter(state.sharedPorts, event.sharedPorts),
    lastSeenAt: Math.max(state.lastSeenAt, event.receivedAt.getTime()),
    username: state.username || event.username,
    inputOctets: greater(state.inputOctets, event.inputOctets),
    outputOctets: greater(state.outputOctets, event.outputOctets),
    interimSeconds: isNewest ? (event.interimSeconds ?? state.interimSeconds) : state.interimSeconds,
    identity: identityAfter(state, event, isNewest),
    observed: observedAfter(state, event, isNewest),
    shownDigest: isNewest ? event.shownDigest : state.shownDigest,
    nasClock: clockAfter(state, event),
  };
}

/** A session of which nothing is known but this record's key and start. */
export function blank(event: AccountingEvent, incarnation: number, floor: number): SessionState {
  const at = event.at.getTime();
  const startedAt = Math.max(claimedStart(event) ?? at, Math.min(floor, at));
  return {
    id: undefined,
    nasId: event.nasId,
    acctSessionId: event.acctSessionId,
    incarnation,
    startedAt,
    isStartKnown: event.status === "start",
    aliveAt: neverAlive(startedAt),
    lastSeenAt: event.receivedAt.getTime(),
    stoppedAt: undefined,
    terminateCause: undefined,
    username: event.username,
    ipv4: noRuns,
    sharedPorts: undefined,
    ipv6: noRuns,
    delegated: noRuns,
    ipv6Addresses: noRuns,
    inputOctets: 0n,
    outputOctets: 0n,
    interimSeconds: undefined,
    identity: {},
    observed: {},
    shownDigest: undefined,
    nasClock: undefined,
  };
}
