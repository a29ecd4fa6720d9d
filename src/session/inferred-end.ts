import type { InferredEnd, SessionState } from "./session-state.ts";
import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

/** A start that is only worked out from Acct-Session-Time is off by rounding and by the packet's way. */
export const GUESSED_START_SLACK_MS = 5_000;

/** Over, though no Stop said so. */
export const ended = (state: SessionState, at: number, cause: InferredEnd): SessionState => ({
  ...state,
  stoppedAt: Math.max(at, state.startedAt),
  terminateCause: cause,
});

/**
 * Whether a restart of the NAS at `restartedAt` ended this session: it began before, and nothing showed it alive long
 * enough afterwards. Some NASes say Accounting-On without having lost their sessions.
 */
export function isEndedByRestart(state: SessionState, restartedAt: number): boolean {
  const slack = state.isStartKnown ? 0 : GUESSED_START_SLACK_MS;
  return (
    state.stoppedAt === undefined &&
    state.startedAt + slack < restartedAt &&
    state.aliveAt <= restartedAt + UNSAID_DELAY_MS
  );
}

export const endedByRestart = (state: SessionState, restartedAt: number): SessionState =>
  ended(state, restartedAt, "nas-restart");
