import type { Measure, MeasureKind } from "./measure.ts";
import type { OutcomeDetail } from "./outcome.ts";

/** How a measure stands, as people see it. */
export type MeasureViewState =
  | "awaiting-approval"
  | "held"
  /** Sessions are yet to be brought to it; or it waits for a login. */
  | "pending"
  | "in-force"
  /** Some sessions follow, others do not (yet). */
  | "partial"
  /** No session follows, and it is not being tried any more. */
  | "failed"
  | "lifted";

export type SessionOutcome = OutcomeDetail["kind"] | "unsupported" | "pending";

export interface MeasureSessionView {
  readonly session: string;
  readonly outcome: SessionOutcome;
  readonly errorCause?: number;
  /** Why it does not follow and is not being tried any more, also where nothing was sent. */
  readonly obstacle?: string;
}

/** A measure in the shape of the REST API. Absent times and names are null. */
export interface MeasureView {
  readonly id: string;
  readonly subscriber: string;
  readonly kind: MeasureKind;
  readonly params: Measure["params"];
  readonly reason: string;
  readonly case: string | null;
  readonly state: MeasureViewState;
  readonly orderedBy: string;
  readonly orderedAt: Date;
  readonly until: Date | null;
  readonly heldBy: string | null;
  readonly approvals: readonly string[];
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly progress: "armed" | "regenerated" | null;
  readonly liftedAt: Date | null;
  readonly liftedBy: string | null;
  readonly liftedReason: string | null;
  readonly sessions: readonly MeasureSessionView[];
}

/** What is known of one session of the measure's subscriber. */
export interface SessionStanding {
  readonly session: string;
  readonly isOpen: boolean;
  /** What it follows is what it is to follow, and accounting does not show another thing. */
  readonly isFollowing: boolean;
  /** Something is being tried, or will be. */
  readonly hasJob: boolean;
  readonly obstacle: string | null;
  /** The newest attempt at the present profile, if there was one; without an outcome it is under way. */
  readonly attempt?: { readonly outcome: SessionOutcome; readonly errorCause?: number };
}

export function measureView(measure: Measure, standings: readonly SessionStanding[]): MeasureView {
  const counts = measure.state === "active" || measure.state === "lifted" ? standings : [];
  return {
    id: measure.id,
    subscriber: measure.subscriberId,
    kind: measure.kind,
    params: measure.params,
    reason: measure.reason,
    case: measure.caseId ?? null,
    state: viewState(measure, counts),
    orderedBy: measure.orderedBy,
    orderedAt: measure.orderedAt,
    until: measure.until ?? null,
    heldBy: measure.heldBy ?? null,
    approvals: measure.approvals,
    decidedBy: measure.decidedBy ?? null,
    decidedAt: measure.decidedAt ?? null,
    progress: measure.progress ?? null,
    liftedAt: measure.liftedAt ?? null,
    liftedBy: measure.liftedBy ?? null,
    liftedReason: measure.liftedReason ?? null,
    sessions: counts.map(sessionView),
  };
}

function sessionView(standing: SessionStanding): MeasureSessionView {
  const { session, isOpen, isFollowing, hasJob, obstacle } = standing;
  const stands = isOpen && !isFollowing && !hasJob && obstacle !== null;
  return { session, ...attemptView(standing), ...(stands && { obstacle }) };
}

function attemptView({ isOpen, isFollowing, hasJob, attempt }: SessionStanding): Omit<MeasureSessionView, "session"> {
  // One step of several was acknowledged, or what was acknowledged turned out not to be so: it is being worked on.
  const isUnfinished = isOpen && !isFollowing && attempt?.outcome === "acknowledged";
  if (attempt && !isUnfinished) return attempt;
  // Its Access-Accept laid the profile over.
  return { outcome: isFollowing && !hasJob ? "acknowledged" : "pending" };
}

function viewState(measure: Measure, standings: readonly SessionStanding[]): MeasureViewState {
  switch (measure.state) {
    case "awaiting-approval":
    case "held":
      return measure.state;
    case "rejected":
    case "lifted":
      return "lifted";
    case "active":
      return measure.progress === "armed" ? "pending" : forceOver(standings.filter(({ isOpen }) => isOpen));
  }
}

/** Without an open session it is in force all the same: the next login gets it. */
function forceOver(open: readonly SessionStanding[]): MeasureViewState {
  const following = open.filter(({ isFollowing }) => isFollowing).length;
  if (following === open.length) return "in-force";
  if (following > 0) return "partial";
  return open.every(({ hasJob, obstacle }) => !hasJob && obstacle !== null) ? "failed" : "pending";
}
