import type { Move } from "./next-move.ts";
import type { Outcome } from "./outcome.ts";
import type { RunEnd } from "./result-store.ts";
import type { Ending, RunContext } from "./run-context.ts";

const SESSION_CONTEXT_NOT_FOUND = 503;

/** Nothing is left to do. */
export const settled: Move = { obstacle: null, level: "info" };
/** Nothing was sent, and what to send has changed: another look at once. */
export const lookAgain: Move = { obstacle: null, retryAfterMs: 0, level: "info" };
/** Nothing was sent, for lack of a socket or an identifier. */
export const handBack: Move = { obstacle: null, retryAfterMs: 1000, level: "warn" };

const hasEnded = (outcome: Outcome | undefined): boolean =>
  outcome?.kind === "acknowledged" || (outcome?.kind === "refused" && outcome.errorCause === SESSION_CONTEXT_NOT_FOUND);

/** Records how a run ended, and gives the job back or removes it. */
export async function finishRun(ending: Ending, context: RunContext): Promise<void> {
  const { request } = ending;
  await context.results.add({ ...(request && { request }), run: runEnd(ending, context) });
  context.hasFinished(ending);
}

function runEnd(
  { job, move, digest, request, expected, unsupported, isSessionEnd = false }: Ending,
  context: RunContext,
): RunEnd {
  const { claimant, now } = context;
  const attempt = { subscriberId: job.subscriberId, nasId: job.nasId, reason: job.reason, requestedAt: now(), digest };
  return {
    claimant,
    sessionId: job.sessionId,
    revision: job.revision,
    digest,
    ...(move.applied && !isSessionEnd && { applied: { ...move.applied, ...(expected && { expected }) } }),
    obstacle: move.obstacle,
    ...(move.level === "error" && { isForPerson: true }),
    ...(move.retryAfterMs !== undefined && { retryAfterMs: move.retryAfterMs }),
    hasFailed: request !== undefined && request.outcome.kind !== "acknowledged",
    ...(move.endsSession && { endsSession: true }),
    hasEndedSession: isSessionEnd && hasEnded(request?.outcome),
    ...(unsupported !== undefined && { unsupported: { ...attempt, detail: unsupported } }),
  };
}
