import type { OutcomeDetail } from "./outcome.ts";
import { forbidsSession, type Profile, profileUnion } from "./profile.ts";
import { type RetrySchedule, type RetrySchedules, retryAfter } from "./retry-schedule.ts";

/** Nobody knows which of several profiles the NAS runs: `applied` then holds everything that may be in force. */
export const UNKNOWN_DIGEST = "?";

/** One request of a plan, and where it was to lead. */
export interface Attempt {
  readonly kind: "coa" | "disconnect";
  readonly step: number;
  readonly isLastStep: boolean;
  /** What may have been in force before the plan's first step. */
  readonly from: Profile;
  readonly to: Profile;
  readonly toDigest: string | null;
  /** Runs that failed before this one. */
  readonly failures: number;
}

export interface Applied {
  readonly profile: Profile;
  readonly digest: string | null;
}

/** What follows from how a run ended. */
export interface Move {
  /** What the session now follows; undefined: as before. */
  readonly applied?: Applied;
  /** Why it cannot follow, where that is known; null: nothing stands in the way. */
  readonly obstacle: string | null;
  /** undefined: not tried again by itself. */
  readonly retryAfterMs?: number;
  /** error: a person must act; warn: heals by itself; info: as it should be. */
  readonly level: "info" | "warn" | "error";
}

type Refusal = "session-gone" | "profile-fault" | "nas-fault" | "unfit-request" | "busy" | "unexplained";

/** RFC 5176 section 3.6, by what is to be done about it. */
const refusalOf: Readonly<Record<number, Refusal>> = {
  401: "profile-fault",
  402: "profile-fault",
  403: "nas-fault",
  404: "profile-fault",
  405: "unfit-request",
  406: "profile-fault",
  407: "profile-fault",
  501: "nas-fault",
  502: "nas-fault",
  503: "session-gone",
  504: "unfit-request",
  505: "busy",
  506: "busy",
  507: "unfit-request",
  508: "unfit-request",
};

export interface MoveContext {
  readonly schedules: RetrySchedules;
  readonly random: () => number;
}

/** Decides from one request's outcome what the session follows now, and whether and when to try again. */
export function nextMove(attempt: Attempt, outcome: OutcomeDetail, context: MoveContext): Move {
  switch (outcome.kind) {
    case "acknowledged":
      return afterAcknowledgement(attempt);
    case "refused":
      return afterRefusal(attempt, outcome.errorCause, context);
    case "no-answer":
    case "unreachable":
      return tryingAgain(
        { ...attempt, schedule: context.schedules.silence, obstacle: outcome.kind, isUnsure: true },
        context,
      );
    case "not-authentic":
      // A secret that does not fit, or somebody else answering: what the NAS did is unknown, and trying again won't tell.
      return { applied: unsure(attempt), obstacle: outcome.kind, level: "error" };
  }
}

const afterAcknowledgement = (attempt: Attempt): Move =>
  attempt.isLastStep
    ? { applied: { profile: attempt.to, digest: attempt.toDigest }, obstacle: null, level: "info" }
    : // The desire changed between two steps: what is half done is looked at anew, at once.
      { applied: unsure(attempt), obstacle: null, retryAfterMs: 0, level: "info" };

function afterRefusal(attempt: Attempt, errorCause: number | undefined, context: MoveContext): Move {
  const refusal = (errorCause !== undefined && refusalOf[errorCause]) || "unexplained";
  const obstacle = errorCause === undefined ? "refused" : `refused-${errorCause}`;
  // RFC 5176 section 3.2: a refused request changed nothing; but steps before it did.
  const applied = attempt.step > 0 ? { applied: unsure(attempt) } : {};
  switch (refusal) {
    case "session-gone":
      return afterSessionGone(attempt, obstacle);
    case "profile-fault":
    case "nas-fault":
      return { ...applied, obstacle, level: "error" };
    case "unfit-request":
      return { ...applied, obstacle, level: "warn" };
    case "busy":
      return tryingAgain(
        { ...attempt, schedule: context.schedules.busy, obstacle, isUnsure: attempt.step > 0 },
        context,
      );
    case "unexplained":
      // Equipment that gives no cause is equipment that may have changed something before it refused (accel-ppp does).
      return tryingAgain({ ...attempt, schedule: context.schedules.unexplained, obstacle, isUnsure: true }, context);
  }
}

/** For a session that is not to be, gone is as good as ended; any other is armed by its next start. */
const afterSessionGone = (attempt: Attempt, obstacle: string): Move =>
  attempt.kind === "disconnect" || forbidsSession(attempt.to)
    ? { applied: { profile: attempt.to, digest: attempt.toDigest }, obstacle: null, level: "info" }
    : { obstacle, level: "warn" };

interface Trying extends Attempt {
  readonly schedule: RetrySchedule;
  readonly obstacle: string;
  readonly isUnsure: boolean;
}

function tryingAgain(trying: Trying, { random }: MoveContext): Move {
  const wait = retryAfter(trying.schedule, trying.failures + 1, random);
  return {
    ...(trying.isUnsure && { applied: unsure(trying) }),
    ...(wait === undefined ? { level: "error" } : { retryAfterMs: wait, level: "warn" }),
    obstacle: wait === undefined ? trying.obstacle : null,
  };
}

const unsure = ({ from, to }: Attempt): Applied => ({ profile: profileUnion(from, to), digest: UNKNOWN_DIGEST });
