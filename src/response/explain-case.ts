import type { Attribution } from "../attribution/attribute.ts";
import type { Queryable } from "../database/database.ts";
import type { Measure } from "../enforcement/measure.ts";
import type { MeasureViewState } from "../enforcement/measure-view.ts";
import { measureStates } from "../enforcement/measure-view-store.ts";
import { type CaseEventView, type CaseView, caseById } from "./case-view-store.ts";
import {
  decisionsOf,
  measuresToExplain,
  observationsToExplain,
  type PacketView,
  packetsOf,
  type ReportOrigin,
  reportOrigins,
} from "./explain-store.ts";
import type { CandidateView, ObservationView } from "./observation-view-store.ts";

/** What a playbook said, and why. */
export interface DecisionView {
  readonly at: Date;
  /** "measure-ordered", "measure-held", "measure-standing" or "measure-withheld". */
  readonly decision: string;
  readonly playbook: unknown;
  readonly version: unknown;
  readonly stage: unknown;
  /** Why a measure was withheld; null: it was not. */
  readonly why: unknown;
  readonly note: string | null;
}

/** A measure with everything that was sent for it, and what came of it. */
export type MeasureExplained = Omit<Measure, "subscriberId" | "caseId" | "state"> & {
  /** How it stands, in the words of the calls about measures. */
  readonly state: MeasureViewState;
  readonly subscriber: string;
  readonly case: string | null;
  readonly enforcements: readonly Omit<PacketView, "measure">[];
};

/** From one row of a report to what the equipment runs. */
export interface Link {
  /** Null: the report's source is gone. */
  readonly report: (ReportOrigin & { readonly row: number }) | null;
  readonly observation: Omit<ObservationView, "report" | "row" | "verdict" | "reason" | "candidates">;
  readonly attribution: Pick<Attribution, "verdict" | "subscriber" | "session" | "reason"> & {
    readonly candidates: readonly CandidateView[];
  };
  /** Null: this observation only added to the case. */
  readonly rule: DecisionView | null;
  readonly measure: MeasureExplained | null;
}

export interface Explanation {
  readonly case: Omit<CaseView, "timeline" | "observations" | "measures">;
  readonly timeline: readonly CaseEventView[];
  /** Newest first; those that a decision rests on are always there. */
  readonly chain: readonly Link[];
  /** Measures of the case that no observation led to: ordered by people. */
  readonly otherMeasures: readonly MeasureExplained[];
}

const NEWEST = 100;

const text = (value: unknown): string | undefined =>
  typeof value === "string" && /^\d{1,18}$/.test(value) ? value : undefined;

const decisionOf = ({ at, kind, note, detail }: CaseEventView): DecisionView => ({
  at,
  decision: kind,
  playbook: detail["playbook"] ?? null,
  version: detail["version"] ?? null,
  stage: detail["stage"] ?? null,
  why: detail["why"] ?? null,
  note,
});

interface Known {
  readonly decisions: readonly CaseEventView[];
  readonly reports: ReadonlyMap<string, ReportOrigin>;
  readonly measures: ReadonlyMap<string, MeasureExplained>;
}

function linkOf(observation: ObservationView, { decisions, reports, measures }: Known): Link {
  const { report, row, verdict, reason, candidates, ...rest } = observation;
  const origin = reports.get(report);
  const decision = decisions.findLast(({ detail }) => detail["observation"] === observation.id);
  const measureId = text(decision?.detail["measureId"]);
  return {
    report: origin ? { ...origin, row } : null,
    observation: rest,
    attribution: { verdict, subscriber: rest.subscriber, session: rest.session, candidates, reason },
    rule: decision ? decisionOf(decision) : null,
    measure: (measureId !== undefined && measures.get(measureId)) || null,
  };
}

async function measuresOf(on: Queryable, caseId: string, named: readonly string[]) {
  const measures = await measuresToExplain(on, caseId, named);
  const packets = Map.groupBy(
    await packetsOf(
      on,
      measures.map(({ id }) => id),
    ),
    ({ measure }) => measure,
  );
  const states = await measureStates(
    on,
    measures.map(({ id }) => id),
  );
  const explained = measures.map(({ subscriberId, caseId, ...measure }): [string, MeasureExplained] => {
    const enforcements = (packets.get(measure.id) ?? []).map(({ measure: _, ...packet }) => packet);
    const state = states.get(measure.id) ?? "lifted";
    return [measure.id, { ...measure, state, subscriber: subscriberId, case: caseId ?? null, enforcements }];
  });
  return new Map(explained);
}

/**
 * Why a case is as it is: report row, observation, attribution, rule, measure, packets, outcome, what is observed.
 * Undefined: there is no such case.
 */
export async function explainCase(on: Queryable, caseId: string): Promise<Explanation | undefined> {
  const found = await caseById(on, caseId);
  if (!found) return undefined;
  const { timeline, observations: _, measures: __, ...about } = found;
  const decisions = await decisionsOf(on, caseId);
  const deciding = decisions.flatMap(({ detail }) => text(detail["observation"]) ?? []);
  const observations = await observationsToExplain(on, caseId, { deciding, newest: NEWEST });
  const named = decisions.flatMap(({ detail }) => text(detail["measureId"]) ?? []);
  const measures = await measuresOf(on, caseId, named);
  const reports = await reportOrigins(on, [...new Set(observations.map(({ report }) => report))]);
  const chain = observations.map((observation) => linkOf(observation, { decisions, reports, measures }));
  const led = new Set(chain.flatMap(({ measure }) => measure?.id ?? []));
  return {
    case: about,
    timeline,
    chain,
    otherMeasures: [...measures.values()].filter(({ id }) => !led.has(id)),
  };
}
