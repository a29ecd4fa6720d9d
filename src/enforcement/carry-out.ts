import type { ClaimedJob } from "./claim-store.ts";
import { finishRun, handBack, lookAgain, settled } from "./finish-run.ts";
import { isNothingImposed, nothingImposed } from "./imposed.ts";
import { makeReady, type Ready } from "./make-ready.ts";
import type { PlannedSteps, PlanRequest } from "./nas-gateway.ts";
import { type Attempt, type Move, nextMove, UNKNOWN_DIGEST } from "./next-move.ts";
import { profileDigest } from "./profile.ts";
import type { Run } from "./run.ts";
import type { Ending, RunContext, SentRequest } from "./run-context.ts";

/** The Disconnect that ends a session whatever its profile: its password was changed, or its NAS will not let it go. */
export const sessionEnd: PlannedSteps = {
  kind: "steps",
  steps: [{ kind: "disconnect", attributes: [] }],
  imposes: nothingImposed,
  expected: {},
  takesAway: false,
};

/** Brings one claimed session to its profile: plans, then journals, sends and records step by step. */
export async function carryOut(job: ClaimedJob, context: RunContext): Promise<void> {
  const { session, desired, desiredDigest, endsSession } = job;
  const nas = context.nasById(job.nasId);
  const ending = { job, digest: desiredDigest };
  if (!session) return await finishRun({ ...ending, move: settled }, context);
  if (!nas) return await finishRun({ ...ending, move: { obstacle: "unknown-nas", level: "error" } }, context);
  const run = { job, nas, session, to: desired, toDigest: desiredDigest, isSessionEnd: endsSession };
  if (endsSession) return await takeSteps({ ...run, plan: sessionEnd }, context);
  if (job.appliedDigest === desiredDigest) return await finishRun({ ...ending, move: settled }, context);
  const plan = isUnknowable(job) ? sessionEnd : planFor(run, context);
  if (plan.kind === "steps") return await takeSteps({ ...run, plan }, context);
  await finishRun({ ...ending, ...unsupported(plan.detail) }, context);
}

/**
 * Something may be in force, and nobody knows what: an Access-Accept carried a profile that the database could not be told
 * of. The next login starts clean.
 */
const isUnknowable = ({ appliedDigest, applied, imposed }: ClaimedJob): boolean =>
  appliedDigest === UNKNOWN_DIGEST && profileDigest(applied) === null && isNothingImposed(imposed);

/** What cannot be expressed is tried no more; an operator sees it, and why. */
const unsupported = (detail: string): Pick<Ending, "move" | "unsupported"> => ({
  move: { obstacle: "unsupported", level: "error" },
  unsupported: detail,
});

type Goal = Pick<Run, "job" | "nas" | "session" | "to">;

/** Never throws: an override that cannot be is like a measure that cannot. */
export function planFor(goal: Goal, { gateway }: RunContext): PlannedSteps | { kind: "no"; detail: string } {
  try {
    const plan = gateway.plan(planRequest(goal));
    return plan.kind === "steps" ? plan : { kind: "no", detail: `${plan.measure}: ${plan.detail}` };
  } catch (error) {
    return { kind: "no", detail: error instanceof Error ? error.message : String(error) };
  }
}

const planRequest = ({ job, nas, session, to }: Goal): PlanRequest => ({
  nas,
  session,
  imposed: job.imposed,
  isCertain: job.appliedDigest !== UNKNOWN_DIGEST,
  to,
  ...(job.subscribedRates && { subscribedRates: job.subscribedRates }),
});

/** The steps of a run from one on, each after the acknowledgement of the one before. */
export async function takeSteps(run: Run, context: RunContext, step = 0): Promise<void> {
  const { to, toDigest, plan } = run;
  if (plan.steps.length === 0) {
    // The NAS needs to be told nothing for this profile.
    const applied = { profile: to, digest: toDigest, imposed: plan.imposes };
    return await endRun(run, { move: { ...settled, applied } }, context);
  }
  const ready = await makeReady(run, step, context);
  if (ready.kind !== "ready") return await endRun(run, whyNotSent(run, ready), context);
  const outcome = await ready.prepared.send(() => context.isHeld(run.job));
  const request = { enforcementId: ready.enforcementId, outcome };
  if (outcome.kind !== "acknowledged" || step === plan.steps.length - 1)
    return await endRun(run, { move: nextMove(attemptOf(run, step), outcome, context), request }, context);
  await takeSteps(await stepDone(run, { step, request }, context), context, step + 1);
}

/**
 * Records the acknowledgement of a step that others follow. From here on the session runs something between the two
 * profiles, whatever becomes of this process or of its desire.
 */
export async function stepDone(
  run: Run,
  { step, request }: { readonly step: number; readonly request: SentRequest },
  context: RunContext,
): Promise<Run> {
  const { job } = run;
  const { obstacle, applied } = halfDone(run, step);
  const midway = { claimant: context.claimant, sessionId: job.sessionId, obstacle, ...(applied && { applied }) };
  await context.results.add({ request, midway });
  return { ...run, job: { ...job, appliedDigest: UNKNOWN_DIGEST } };
}

export async function endRun(
  { job, toDigest, plan, isSessionEnd }: Run,
  end: Pick<Ending, "move" | "request" | "unsupported">,
  context: RunContext,
): Promise<void> {
  const isFollowed = end.move.applied?.digest === toDigest && !isSessionEnd;
  await finishRun(
    { job, digest: toDigest, isSessionEnd, ...end, ...(isFollowed && { expected: plan.expected }) },
    context,
  );
}

export const attemptOf = ({ job, plan, to, toDigest }: Run, step: number): Attempt => ({
  kind: plan.steps[step]?.kind ?? "coa",
  step,
  isLastStep: step === plan.steps.length - 1,
  from: job.applied,
  imposed: job.imposed,
  to,
  toDigest,
  imposes: plan.imposes,
  takesAway: plan.takesAway,
  failures: job.attempts,
});

function whyNotSent(
  { plan, isSessionEnd }: Run,
  why: Exclude<Ready, { kind: "ready" }>,
): Pick<Ending, "move" | "unsupported"> {
  if (why.kind === "stale" || why.kind === "no-room") return { move: why.kind === "stale" ? lookAgain : handBack };
  const end = unsupported(why.detail);
  if (why.kind === "unidentified") return { ...end, move: { ...end.move, obstacle: "unidentified" } };
  // What was there before cannot be said any more: the next login says it anew.
  if (plan.takesAway && !isSessionEnd) return { ...end, move: { ...lookAgain, endsSession: true, level: "warn" } };
  return end;
}

/** What follows when the steps up to this one are acknowledged and the rest is not to be done. */
export const halfDone = (run: Run, step: number): Move =>
  nextMove({ ...attemptOf(run, step), isLastStep: false }, { kind: "acknowledged" }, noRetries);

const noRetries = { schedules: { silence: [], busy: [], unexplained: [] }, random: () => 0 };
