import type { AccountingEvent } from "./accounting-event.ts";
import { isOnClock, isRepeated } from "./nas-clock.ts";
import { isEndInferred, isOnlyStopSeen, type SessionState } from "./session-state.ts";
import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

/** How one stored use of an Acct-Session-Id is related to a record with that id. */
type Relation = "same" | "record-is-of-later-use" | "record-is-of-earlier-use";

/** What tells one attachment from another when a NAS counts its session ids from the beginning again. */
const placeAttributes = ["Calling-Station-Id", "NAS-Port", "NAS-Port-Id", "Acct-Multi-Session-Id"] as const;

const differ = <T>(a: T | undefined, b: T | undefined): boolean => a !== undefined && b !== undefined && a !== b;

const hasOtherUser = (state: SessionState, event: AccountingEvent): boolean =>
  differ(state.username || undefined, event.username || undefined);

const isSamePlace = (state: SessionState, event: AccountingEvent): boolean =>
  !hasOtherUser(state, event) && !placeAttributes.some((name) => differ(state.identity[name], event.identity[name]));

const hasOtherAddress = (state: SessionState, event: AccountingEvent, which: 0 | -1): boolean =>
  differ(state.ipv4.runs.at(which)?.prefixes[0], event.ipv4 === undefined ? undefined : `${event.ipv4}/32`);

/** When the session of this record began, by the record's own account. */
export const claimedStart = (event: AccountingEvent): number | undefined => {
  if (event.status === "start") return event.at.getTime();
  return event.sessionSeconds === undefined ? undefined : event.at.getTime() - event.sessionSeconds * 1000;
};

const side = (isLater: boolean): Relation => (isLater ? "record-is-of-later-use" : "record-is-of-earlier-use");

/** Nobody knows when it began: until when a Start is taken to be the missing one. */
function latestUnknownStart(state: SessionState): number {
  if (state.stoppedAt === undefined) return state.aliveAt + UNSAID_DELAY_MS;
  return isOnlyStopSeen(state) ? state.stoppedAt + UNSAID_DELAY_MS : state.stoppedAt;
}

function relationOfStart(state: SessionState, event: AccountingEvent): Relation {
  const at = event.at.getTime();
  const isOther = !isSamePlace(state, event) || (state.isStartKnown && hasOtherAddress(state, event, 0));
  if (isOther) return side(at >= state.startedAt);
  if (!state.isStartKnown) return at <= latestUnknownStart(state) ? "same" : side(true);
  if (at < state.startedAt - UNSAID_DELAY_MS) return side(false);
  if (state.stoppedAt !== undefined) return at <= state.stoppedAt ? "same" : side(true);
  return at <= state.startedAt + UNSAID_DELAY_MS ? "same" : side(true);
}

function relationOfInterim(state: SessionState, event: AccountingEvent): Relation {
  const at = event.at.getTime();
  const begin = claimedStart(event);
  if (!isSamePlace(state, event)) return side(at > (state.stoppedAt ?? state.aliveAt));
  if (state.isStartKnown && at < state.startedAt - UNSAID_DELAY_MS) return side(false);
  if (state.stoppedAt === undefined) {
    const beganAfterwards = begin !== undefined && begin > state.aliveAt + UNSAID_DELAY_MS;
    // With the same subscriber, port and address, a session time that fell is a NAS's mistake rather than another session.
    return beganAfterwards && hasOtherAddress(state, event, -1) ? side(true) : "same";
  }
  if (isEndInferred(state))
    return begin !== undefined && begin > state.stoppedAt + UNSAID_DELAY_MS ? side(true) : "same";
  const isOver = begin === undefined ? at > state.stoppedAt + UNSAID_DELAY_MS : begin >= state.stoppedAt;
  return isOver ? side(true) : "same";
}

function relationOfStop(state: SessionState, event: AccountingEvent): Relation {
  const at = event.at.getTime();
  const begin = claimedStart(event);
  const beganTogether = begin !== undefined && Math.abs(begin - state.startedAt) <= UNSAID_DELAY_MS;
  // A line may be named otherwise at the end of the same session; another user's session is never the same.
  const isOther = beganTogether ? hasOtherUser(state, event) : !isSamePlace(state, event);
  if (isOther) return side(at > (state.stoppedAt ?? state.aliveAt));
  if (state.isStartKnown && at < state.startedAt - UNSAID_DELAY_MS) return side(false);
  const beganAfterwards =
    begin !== undefined && state.stoppedAt !== undefined && begin > state.stoppedAt + UNSAID_DELAY_MS;
  return beganAfterwards ? side(true) : "same";
}

function relationOf(state: SessionState, event: AccountingEvent): Relation {
  switch (event.status) {
    case "start":
      return relationOfStart(state, event);
    case "interim":
      return relationOfInterim(state, event);
    case "stop":
      return relationOfStop(state, event);
  }
}

/**
 * `repeated`: it was taken in before. `later`: the next newer use of the id, by whose start the new one must have ended;
 * undefined: it is the newest.
 */
export type Match =
  | { readonly kind: "repeated" }
  | { readonly kind: "stored"; readonly index: number }
  | { readonly kind: "new"; readonly later: SessionState | undefined; readonly earlier: SessionState | undefined };

/**
 * Finds which use of its Acct-Session-Id a record belongs to: the one that the NAS's clock says, if it says one; else by
 * what else is known of it. `incarnations`: newest first.
 */
export function matchIncarnation(incarnations: readonly SessionState[], event: AccountingEvent): Match {
  for (const [index, state] of incarnations.entries()) {
    if (isOnClock(state, event)) return isRepeated(state, event) ? { kind: "repeated" } : { kind: "stored", index };
  }
  for (const [index, state] of incarnations.entries()) {
    const relation = relationOf(state, event);
    if (relation === "same") return { kind: "stored", index };
    if (relation === "record-is-of-later-use") return { kind: "new", later: incarnations[index - 1], earlier: state };
  }
  return { kind: "new", later: incarnations.at(-1), earlier: undefined };
}
