import { Type } from "typebox";
import { measureKinds } from "../enforcement/measure.ts";
import type { Explanation } from "../response/explain-case.ts";
import { caseFields, TimelineEntry } from "./case-shapes.ts";
import { MeasureParamsShape } from "./measure-params.ts";
import { MeasureStateShape, ProgressShape } from "./measure-shapes.ts";
import { claimFields, RowNumber, verdictFields } from "./observation-fields.ts";
import { packetFields } from "./packet-fields.ts";
import { closed, documented, mapOf, nullable, oneOf, Time } from "./shapes.ts";

const text = Type.String();
const sometimes = Type.Optional(text);

const Report = closed(
  {
    id: Type.String({ format: "uuid" }),
    source: text,
    sourceTrust: Type.Integer(),
    format: text,
    receivedAt: Time,
    sha256: Type.String({ description: "of the body as posted: the sender can compare it" }),
    byteCount: Type.Integer(),
    row: RowNumber,
  },
  { title: "ReportExplained" },
);

const Rule = closed(
  {
    at: Time,
    decision: Type.String({ description: "for example `measure-ordered`, `measure-held` or `measure-withheld`" }),
    playbook: nullable(text),
    version: nullable(Type.Integer()),
    stage: nullable(text),
    why: nullable(Type.String({ description: "why a measure was withheld; null: it was not" })),
    note: nullable(text),
  },
  { title: "RuleExplained", description: "What a playbook decided" },
);

const shown = nullable(mapOf(Type.Array(text)));

const Packet = closed(
  {
    ...packetFields,
    observed: documented(shown, "what the session's accounting shows that the NAS runs; null: nothing yet"),
    expected: documented(shown, "what it should show"),
    sessionStoppedAt: nullable(Time),
  },
  { title: "EnforcementExplained" },
);

const Measure = closed(
  {
    id: text,
    subscriber: text,
    kind: oneOf(measureKinds),
    params: MeasureParamsShape,
    reason: text,
    case: nullable(text),
    state: MeasureStateShape,
    orderedBy: text,
    orderedAt: Time,
    until: Type.Optional(Time),
    heldBy: sometimes,
    approvals: Type.Array(text),
    decidedBy: sometimes,
    decidedAt: Type.Optional(Time),
    liftedAt: Type.Optional(Time),
    liftedBy: sometimes,
    liftedReason: sometimes,
    progress: Type.Optional(ProgressShape),
    enforcements: Type.Array(Packet, {
      description: "what was sent while it stood, and to lift it; one packet can serve several measures",
    }),
  },
  { title: "MeasureExplained" },
);

const { subscriber, session, ...claim } = claimFields;

const Link = closed(
  {
    report: nullable(documented(Report, "null: its source is gone")),
    observation: closed({ ...claim, subscriber, session }, { title: "ObservationExplained" }),
    attribution: closed({ ...verdictFields, subscriber, session }, { title: "AttributionExplained" }),
    rule: nullable(documented(Rule, "null: this observation only added to the case")),
    measure: nullable(Measure),
  },
  { title: "Link", description: "From one record of a report to what the equipment runs" },
);

/** GET /v1/cases/{id}/explain */
export const ExplanationShape = Type.Unsafe<Explanation>(
  closed(
    {
      case: closed(caseFields, { title: "CaseExplained" }),
      timeline: Type.Array(TimelineEntry),
      chain: Type.Array(Link, {
        description: "the newest hundred observations, newest first, and those that a decision rests on",
      }),
      otherMeasures: Type.Array(Measure, { description: "measures that no observation led to: ordered by people" }),
    },
    { title: "Explanation" },
  ),
);
