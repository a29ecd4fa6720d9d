import { isContradicted, type Shown } from "../session/session-view.ts";

/** An open session that enforcement has changed, tried to change, or armed at its login, and that has no job. */
export interface SessionToReconcile {
  readonly id: string;
  readonly appliedDigest: string | null;
  readonly desiredDigest: string | null;
  readonly expected: Shown | null;
  readonly observed: Shown | null;
  readonly obstacle: string | null;
  /** Time of the newest record that showed it alive. */
  readonly aliveAt: Date;
  /** When the operator last changed its NAS; undefined: that NAS is not known. */
  readonly nasUpdatedAt?: Date;
  readonly latest?: {
    readonly kind: "coa" | "disconnect" | "access";
    readonly outcome: string | null;
    readonly requestedAt: Date;
    readonly answeredAt?: Date;
  };
  /** Repairs of this very profile so far, and attempts of any kind in the last day. */
  readonly repairs: number;
  readonly attemptsInDay: number;
}

export type Reconciliation =
  | { readonly kind: "as-it-should-be" }
  /** It does not follow, and nothing was being done about it. */
  | { readonly kind: "enqueue" }
  /** It could not be done; since then there is reason to think that it can. */
  | { readonly kind: "try-again" }
  /** It was acknowledged, and is not so. */
  | { readonly kind: "repair" }
  /** The same, again and again: a person has to look. */
  | { readonly kind: "raise" };

const MOST_REPAIRS = 3;
const MOST_ATTEMPTS_IN_DAY = 24;
/** An Interim may have been on its way already. */
const SETTLING_MS = 30_000;

/** Obstacles that may have passed when the session shows that it and its NAS are alive. */
const passing = new Set([
  "no-answer",
  "unreachable",
  "refused",
  "refused-503",
  "refused-505",
  "refused-506",
  // It may have got what names it since, or its address back.
  "unidentified",
]);

const isLater = (time: Date, than: Date | undefined): boolean =>
  than !== undefined && time.getTime() > than.getTime() + SETTLING_MS;

/** What a session needs so that it ends up where it belongs. Decides; changes nothing. */
export function reconcileSession(session: SessionToReconcile): Reconciliation {
  if (session.obstacle !== null) return mayPassNow(session) ? { kind: "try-again" } : { kind: "as-it-should-be" };
  if (session.appliedDigest !== session.desiredDigest) return { kind: "enqueue" };
  if (!livesOn(session) && !isContradicted(session.expected, session.observed)) return { kind: "as-it-should-be" };
  return session.repairs < MOST_REPAIRS ? { kind: "repair" } : { kind: "raise" };
}

function mayPassNow({ obstacle, latest, aliveAt, nasUpdatedAt, attemptsInDay }: SessionToReconcile): boolean {
  if (attemptsInDay >= MOST_ATTEMPTS_IN_DAY || nasUpdatedAt === undefined) return false;
  if (!latest || nasUpdatedAt > latest.requestedAt) return true;
  return passing.has(obstacle ?? "") && isLater(aliveAt, latest.requestedAt);
}

/** Its Disconnect was acknowledged, and accounting goes on. */
const livesOn = ({ latest, aliveAt }: SessionToReconcile): boolean =>
  latest?.kind === "disconnect" && latest.outcome === "acknowledged" && isLater(aliveAt, latest.answeredAt);
