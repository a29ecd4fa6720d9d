import type { CaseEvent } from "../cases/case-event-store.ts";
import type { PersonKind } from "../cases/case-state.ts";
import type { CaseStanding } from "../cases/case-store.ts";
import type { approveMeasure } from "../enforcement/approve-measure.ts";
import type { liftMeasure } from "../enforcement/lift-measure.ts";
import type { ResponseDependencies } from "./respond-to-evidence.ts";

export interface CaseEventDependencies extends ResponseDependencies {
  readonly liftMeasure: typeof liftMeasure;
  readonly approveMeasure: typeof approveMeasure;
}

/** What somebody says of a case. */
export interface PersonEvent {
  readonly caseId: string;
  readonly type: PersonKind;
  readonly note?: string | undefined;
  /** "key:<id>". */
  readonly by: string;
  readonly now: Date;
}

/** What follows from it, beside its own entry in the timeline. */
export interface Consequence {
  readonly events: readonly CaseEvent[];
  readonly change?: Partial<CaseStanding>;
  /** Where other cases stand then. */
  readonly others?: readonly CaseStanding[];
}

/** What people say, in the words of the timeline. */
export const told: Readonly<Record<PersonKind, string>> = {
  note: "note",
  "remediation-advised": "remediation-advised",
  release: "released",
  escalate: "escalated",
  hold: "held",
  resume: "resumed",
  approve: "approved",
  close: "closed",
  reopen: "reopened",
};
