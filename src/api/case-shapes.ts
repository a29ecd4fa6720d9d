import { Type } from "typebox";
import { caseStates } from "../cases/case-state.ts";
import type { MeasureView } from "../enforcement/measure-view.ts";
import type { CaseView } from "../response/case-view-store.ts";
import { MeasureShape } from "./measure-shapes.ts";
import { CategoryShape, SeverityShape } from "./observation-fields.ts";
import { ObservationShape } from "./observation-shape.ts";
import { anything, closed, documented, nullable, oneOf, Time } from "./shapes.ts";

const text = Type.String();

export const CaseStateShape = oneOf(caseStates, {
  description:
    "on-hold: a person wants nothing done by itself; watching: released, new evidence opens it again; closed: over, later " +
    "evidence opens a new case",
});

/** What is laid down of a case itself, without what belongs to it. */
export const caseFields = {
  id: text,
  subscriber: nullable(
    Type.String({ description: "null: nobody could be named for sure; its observations hold the candidates" }),
  ),
  category: CategoryShape,
  severity: SeverityShape,
  state: CaseStateShape,
  stage: nullable(Type.String({ description: "the playbook's stage that it is in" })),
  withheld: nullable(Type.String({ description: "why the playbook's measure was not ordered; null: it was" })),
  playbook: nullable(closed({ id: text, version: Type.Integer() }, { title: "PlaybookOfCase" })),
  deadlineAt: nullable(documented(Time, "by when the customer has to act")),
  openedAt: Time,
  updatedAt: Time,
  releasedAt: nullable(Time),
  closedAt: nullable(Time),
};

export const TimelineEntry = closed(
  {
    at: Time,
    kind: Type.String({ description: "what happened, for example `opened` or `measure-ordered`" }),
    actor: Type.String({ description: "`source:`, `playbook:` or `key:` and a name" }),
    note: nullable(text),
    detail: anything("what it was about, differing from kind to kind"),
  },
  { title: "TimelineEntry" },
);

/** A case with its measures in the shape of their own calls. */
export type CaseAnswer = Omit<CaseView, "measures"> & { readonly measures: readonly MeasureView[] };

export const CaseShape = Type.Unsafe<CaseAnswer>(
  closed(
    {
      ...caseFields,
      timeline: Type.Array(TimelineEntry, {
        description: "oldest first; where it is longer than what is shown, the newest: 200, in lists 20",
      }),
      observations: Type.Array(ObservationShape, {
        description: "the newest: 200, in lists 20; `GET /v1/observations?case=` has all",
      }),
      measures: Type.Array(MeasureShape, { description: "oldest first" }),
    },
    { title: "Case", description: "The open matter of one subscriber and one category" },
  ),
);
