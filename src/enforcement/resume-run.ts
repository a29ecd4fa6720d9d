import { isDeepStrictEqual } from "node:util";
import { attemptOf, endRun, halfDone, planFor, sessionEnd, stepDone, takeSteps } from "./carry-out.ts";
import type { ClaimedJob, UnfinishedRequest } from "./claim-store.ts";
import { finishRun, handBack, settled } from "./finish-run.ts";
import { identityProblem } from "./make-ready.ts";
import type { PlannedSteps } from "./nas-gateway.ts";
import { type Move, nextMove } from "./next-move.ts";
import type { Outcome } from "./outcome.ts";
import type { Run } from "./run.ts";
import type { RunContext } from "./run-context.ts";

/** RFC 5176 section 3: a NAS takes a request whose Event-Timestamp is older than this for a replay. */
const RESUMABLE_MS = 300_000;

export type UnfinishedJob = ClaimedJob & { readonly unfinished: UnfinishedRequest };

export const isUnfinished = (job: ClaimedJob): job is UnfinishedJob => job.unfinished !== undefined;

/**
 * Goes on where a process stopped that journalled a request and recorded no outcome: sends the same octets from the
 * same port, so that a NAS which had them sees a retransmission. Too old, its port not to be had, or by now about somebody
 * else: nobody knows what became of it, and the job runs again.
 */
export async function resumeRun(job: UnfinishedJob, context: RunContext): Promise<void> {
  const { unfinished, session } = job;
  const nas = context.nasById(job.nasId);
  const unknown = { enforcementId: unfinished.enforcementId, outcome: unknownOutcome(unfinished) };
  if (!nas || !session) {
    // Only the record is closed; what follows for the job is decided as for any other.
    const move: Move = session ? { obstacle: "unknown-nas", level: "error" } : settled;
    return await finishRun({ job, digest: job.desiredDigest, move, request: unknown }, context);
  }
  const isSessionEnd = job.endsSession && unfinished.kind === "disconnect";
  const goal = { job, nas, session, to: unfinished.profile, toDigest: unfinished.digest, isSessionEnd };
  const plan = isSessionEnd ? sessionEnd : samePlan(goal, context);
  const run = { ...goal, plan: plan ?? unknownPlan(unfinished) };
  const isTooOld = context.now().getTime() - unfinished.requestedAt.getTime() >= RESUMABLE_MS;
  const isOver = isTooOld || (await identityProblem(run, context)) !== undefined;
  const resent = isOver ? "not-any-more" : await resend(run, unfinished, context);
  context.isPrepared(job);
  if (resent === "not-now") return await finishRun({ job, digest: unfinished.digest, move: handBack }, context);
  if (resent === "not-any-more") {
    const move: Move = { ...halfDone(run, unfinished.step), level: "warn" };
    return await endRun(run, { move, request: unknown }, context);
  }
  const mayGoOn = plan !== undefined && unfinished.digest === job.desiredDigest;
  await goOn({ run, outcome: resent, mayGoOn }, context);
}

/** The plan that it was a step of; undefined: it would be another one now. */
function samePlan(goal: Omit<Run, "plan">, context: RunContext): PlannedSteps | undefined {
  const { unfinished } = goal.job;
  const plan = planFor(goal, context);
  const isSame =
    plan.kind === "steps" &&
    plan.steps.length === unfinished?.steps &&
    isDeepStrictEqual(plan.imposes, unfinished.imposes);
  return isSame ? plan : undefined;
}

/** It imposes what it was planned to; it may have taken something away. */
const unknownPlan = ({ kind, steps, imposes }: UnfinishedRequest): PlannedSteps => ({
  kind: "steps",
  steps: Array.from({ length: steps }, () => ({ kind, attributes: [] })),
  imposes,
  expected: {},
  takesAway: true,
});

/**
 * Where somebody has its port, that may be the node that sent it and lost its lease: it sends no more, so what became of
 * the request is not waited for.
 */
async function resend(
  { job, nas }: Run,
  request: UnfinishedRequest,
  { gateway, isHeld }: RunContext,
): Promise<Outcome | "not-now" | "not-any-more"> {
  try {
    return (await gateway.resume(nas, request, () => isHeld(job))) ?? "not-any-more";
  } catch {
    return "not-now";
  }
}

interface Resent {
  readonly run: Run;
  readonly outcome: Outcome;
  readonly mayGoOn: boolean;
}

async function goOn({ run, outcome, mayGoOn }: Resent, context: RunContext): Promise<void> {
  const { unfinished } = run.job;
  if (!unfinished) return;
  const request = { enforcementId: unfinished.enforcementId, outcome };
  const isLastStep = unfinished.step === run.plan.steps.length - 1;
  if (outcome.kind !== "acknowledged" || isLastStep) {
    const move = nextMove(attemptOf(run, unfinished.step), outcome, context);
    return await endRun(run, { move, request }, context);
  }
  if (!mayGoOn) return await endRun(run, { move: halfDone(run, unfinished.step), request }, context);
  const { step } = unfinished;
  await takeSteps(await stepDone(run, { step, request }, context), context, step + 1);
}

const unknownOutcome = ({ requestedAt }: UnfinishedRequest): Outcome => ({
  kind: "no-answer",
  attempts: 1,
  sentAt: requestedAt,
});
