import type { AccountingEvent } from "./accounting-event.ts";
import { ended, endedByRestart, isEndedByRestart } from "./inferred-end.ts";
import { matchIncarnation } from "./match-incarnation.ts";
import { placedOnClock } from "./nas-clock.ts";
import { newestFirst } from "./newest-first.ts";
import { blank, withRecord } from "./session-after-record.ts";
import type { SessionState } from "./session-state.ts";

const endOf = (state: SessionState | undefined): number =>
  state?.stoppedAt ?? state?.aliveAt ?? Number.NEGATIVE_INFINITY;

/**
 * The use of the id before this record's, which no Stop ended. Where the record does not say that its session began
 * after the other was last seen, the other may have lasted until now: both held on, and who it was stays open.
 */
function endedByNext(state: SessionState, opened: SessionState, event: AccountingEvent): SessionState {
  if (state.stoppedAt !== undefined) return state;
  const isClear = opened.startedAt > state.aliveAt;
  return ended(state, isClear ? opened.startedAt : event.at.getTime(), "replaced");
}

/**
 * What one record changes. `incarnations`: what is stored of the sessions with this NAS and Acct-Session-Id, newest first;
 * `restartedAt`: the newest Accounting-On or -Off of the NAS. Returns them anew, newest first, the same objects where
 * nothing changed; a session not stored yet has no id.
 */
export function takeEvent(
  incarnations: readonly SessionState[],
  event: AccountingEvent,
  restartedAt: number | undefined,
): readonly SessionState[] {
  const match = matchIncarnation(incarnations, event);
  if (match.kind === "repeated") return incarnations;
  const settled = (state: SessionState): SessionState =>
    restartedAt !== undefined && isEndedByRestart(state, restartedAt) ? endedByRestart(state, restartedAt) : state;
  if (match.kind === "stored") {
    const neighbours = { floor: endOf(incarnations[match.index + 1]), isLatest: match.index === 0 };
    const taken = (state: SessionState) => withRecord(state, placedOnClock(state, event), neighbours);
    return newestFirst(incarnations.map((state, index) => (index === match.index ? settled(taken(state)) : state)));
  }
  const { earlier, later } = match;
  const incarnation = Math.max(0, ...incarnations.map((state) => state.incarnation)) + 1;
  const floor = endOf(earlier);
  const fresh = withRecord(blank(event, incarnation, floor), event, { floor, isLatest: later === undefined });
  const opened =
    later !== undefined && fresh.stoppedAt === undefined ? ended(fresh, later.startedAt, "replaced") : settled(fresh);
  const others = incarnations.map((state) => (state === earlier ? endedByNext(state, opened, event) : state));
  return newestFirst([...others, opened]);
}
