import { isDeepStrictEqual } from "node:util";
import { attemptOf, endRun, halfDone, planFor, type Run, sessionEnd, takeSteps } from "./carry-out.ts";
import type { ClaimedJob, UnfinishedRequest } from "./claim-store.ts";
import { finishRun, handBack, settled } from "./finish-run.ts";
import type { PlannedSteps } from "./nas-gateway.ts";
import { type Move, nextMove } from "./next-move.ts";
import type { Outcome } from "./outcome.ts";
import type { RunContext } from "./run-context.ts";

/** RFC 5176 section 3: a NAS takes a request whose Event-Timestamp is older than this for a replay. */
const RESUMABLE_MS = 300_000;

export type UnfinishedJob = ClaimedJob & { readonly unfinished: UnfinishedRequest };

export const isUnfinished = (job: ClaimedJob): job is UnfinishedJob => job.unfinished !== undefined;

/**
 * Goes on where a process stopped that journalled a request and recorded no outcome: sends the same octets from the
 * same port, so that a NAS which had them sees a retransmission. Too old, or of no use any more: nobody knows what
 * became of it, and the job runs again.
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
  if (context.now().getTime() - unfinished.requestedAt.getTime() >= RESUMABLE_MS) {
    const move: Move = { ...halfDone(run, unfinished.step), level: "warn" };
    return await endRun(run, { move, request: unknown }, context);
  }
  const outcome = await resend(run, unfinished, context);
  context.isPrepared(job);
  if (!outcome) return await finishRun({ job, digest: unfinished.digest, move: handBack }, context);
  await goOn({ run, outcome, mayGoOn: plan !== undefined && unfinished.digest === job.desiredDigest }, context);
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

async function resend({ nas }: Run, { octets, localPort }: UnfinishedRequest, { gateway }: RunContext) {
  try {
    return await gateway.resume(nas, { octets, localPort });
  } catch {
    // Its port is taken for now: it stays unfinished until it is free, or too old.
    return undefined;
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
  await context.results.add({ request });
  await takeSteps(run, context, unfinished.step + 1);
}

const unknownOutcome = ({ requestedAt }: UnfinishedRequest): Outcome => ({
  kind: "no-answer",
  attempts: 1,
  sentAt: requestedAt,
});
