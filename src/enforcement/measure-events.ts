import type { CaseEvent } from "../cases/case-event-store.ts";
import type { Measure } from "./measure.ts";

export interface Doing {
  readonly kind: "measure-ordered" | "measure-approved" | "measure-rejected" | "measure-lifted";
  /** Who: "key:<id>" of a person, or what acted by itself. */
  readonly by: string;
  readonly why?: string | undefined;
  /** More for programs. */
  readonly detail?: object | undefined;
}

/** Entries in the timelines of the cases that measures belong to: what was done to each, by whom and why. */
export const measureEvents = (measures: readonly Measure[], { kind, by, why, detail }: Doing): CaseEvent[] =>
  measures.flatMap((measure) =>
    measure.caseId === undefined
      ? []
      : [
          {
            caseId: measure.caseId,
            kind,
            actor: by,
            note: why === undefined ? measure.kind : `${measure.kind}: ${why}`,
            detail: { measureId: measure.id, measure: measure.kind, measureState: measure.state, ...detail },
          },
        ],
  );
