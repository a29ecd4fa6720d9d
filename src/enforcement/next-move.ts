import { type Imposed, imposedUnion } from "./imposed.ts";
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
  readonly imposed: Imposed;
  readonly to: Profile;
  readonly toDigest: string | null;
  readonly imposes: Imposed;
  /** The plan takes something from the session that its customer is to be rid of. */
  readonly takesAway: boolean;
  /** Runs that failed before this one. */
  readonly failures: number;
}

export interface Applied {
  readonly profile: Profile;
  readonly digest: string | null;
  readonly imposed: Imposed;
}

/** What follows from how a run ended. */
export interface Move {
  /** What the session now follows; undefined: as before. */
  readonly applied?: Applied;
  /** Why it cannot follow, where that is known; null: nothing stands in the way. */
  readonly obstacle: string | null;
  /** undefined: not tried again by itself. */
  readonly retryAfterMs?: number;
  /** The next try is a Disconnect: the NAS will not let go of what the customer is to be rid of. */
  readonly endsSession?: true;
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
    case "not-authentic":
      // What the NAS did is unknown. One forged datagram must not stop it for good either.
      return tryingAgain(
        { ...attempt, schedule: context.schedules.silence, obstacle: outcome.kind, isUnsure: true },
        context,
      );
  }
}

const afterAcknowledgement = (attempt: Attempt): Move =>
  attempt.isLastStep
    ? { applied: reached(attempt), obstacle: null, level: "info" }
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
      return letGo(attempt, { ...applied, obstacle, level: "error" });
    case "nas-fault":
      return { ...applied, obstacle, level: "error" };
    case "unfit-request":
      return letGo(attempt, { ...applied, obstacle, level: "warn" });
    case "busy":
      return tryingAgain(
        { ...attempt, schedule: context.schedules.busy, obstacle, isUnsure: attempt.step > 0 },
        context,
      );
    case "unexplained":
      // Equipment that gives no cause is equipment that may have changed something before it refused (accel-ppp does).
      return letGo(
        attempt,
        tryingAgain({ ...attempt, schedule: context.schedules.unexplained, obstacle, isUnsure: true }, context),
      );
  }
}

/**
 * A customer whose release the NAS refuses for good is not left where they are: the session is ended, and the next login
 * starts clean.
 */
function letGo(attempt: Attempt, move: Move): Move {
  if (move.obstacle === null || attempt.kind === "disconnect" || !attempt.takesAway) return move;
  return { ...move, obstacle: null, retryAfterMs: 0, endsSession: true, level: "warn" };
}

/** For a session that is not to be, gone is as good as ended; any other is armed by its next start. */
const afterSessionGone = (attempt: Attempt, obstacle: string): Move =>
  attempt.kind === "disconnect" || forbidsSession(attempt.to)
    ? { applied: reached(attempt), obstacle: null, level: "info" }
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

const reached = ({ to, toDigest, imposes }: Attempt): Applied => ({ profile: to, digest: toDigest, imposed: imposes });

const unsure = ({ from, to, imposed, imposes }: Attempt): Applied => ({
  profile: profileUnion(from, to),
  digest: UNKNOWN_DIGEST,
  imposed: imposedUnion(imposed, imposes),
});
