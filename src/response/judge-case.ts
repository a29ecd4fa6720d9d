import type { CaseEvent } from "../cases/case-event-store.ts";
import type { CaseState } from "../cases/case-state.ts";
import type { CaseStanding } from "../cases/case-store.ts";
import type { MeasureOrder, MeasureOrdered, OrderWithheld } from "../enforcement/order-measure.ts";
import { type Decision, decide } from "../policy/decide.ts";
import type { Playbook } from "../policy/playbook.ts";
import { decidingObservation, type GrownCase, grow, releasedAt, seenAt } from "./case-evidence.ts";
import type { StoredObservation } from "./report-store.ts";

/** Whose report it is, and when it is judged. */
export interface Reported {
  readonly reportId: string;
  readonly sourceId: string;
  readonly sourceTrust: number;
  readonly now: Date;
}

/** What new evidence means for one case. */
export interface Judgement {
  readonly grown: GrownCase;
  /** The timeline's word for the evidence. */
  readonly kind: string;
  readonly state: CaseState;
  readonly playbook: Playbook;
  /** Undefined: the evidence is from before the release of this very case, so there is nothing to decide. */
  readonly decision: Decision | undefined;
  readonly deciding: StoredObservation | undefined;
}

/** What a case is judged by. */
export interface Rules {
  readonly playbook: Playbook;
  readonly impossibleHere: ReadonlySet<string>;
}

/** Puts together what is known, and asks the playbook. */
export function judgeCase(grown: GrownCase, { playbook, impossibleHere }: Rules, reported: Reported): Judgement {
  const { kind, state } = grow(grown);
  const deciding = decidingObservation(grown);
  if (kind === "late-evidence" || !deciding)
    return { grown, kind, state, playbook, decision: undefined, deciding: undefined };
  const decision = decide({
    playbook,
    state,
    stage: grown.case.stage,
    evidence: { seenAt: seenAt(deciding), confidence: deciding.observation.confidence },
    sourceTrust: reported.sourceTrust,
    subscriber: grown.context?.subscriber ?? null,
    impossibleHere,
    standing: Object.keys(grown.context?.standing ?? {}),
    lifted: grown.context?.lifted ?? {},
    releasedAt: releasedAt(grown),
    now: reported.now,
  });
  return { grown, kind, state, playbook, decision, deciding };
}

/** The order that a judgement asks for; undefined: none. */
export function orderOf(
  { grown, decision, deciding, playbook }: Judgement,
  reported: Reported,
): MeasureOrder | undefined {
  const { subscriberId, category, id } = grown.case;
  if (decision?.kind !== "order" || !deciding || subscriberId === null) return undefined;
  const name = deciding.observation.name ? ` (${deciding.observation.name})` : "";
  return {
    subscriberId,
    detail: decision.measure,
    reason: `${category}${name} at ${deciding.observation.at.toISOString()}, reported by ${reported.sourceId}`,
    caseId: id,
    orderedBy: `playbook:${playbook.id}`,
    until: decision.until,
    now: reported.now,
    automatic: { sourceId: reported.sourceId, category },
  };
}

/** The judgement once its order met a line that was protected meanwhile. */
export function withheldAfterAll(judgement: Judgement, { why, detail }: OrderWithheld): Judgement {
  const { decision } = judgement;
  return decision ? { ...judgement, decision: { kind: "withhold", stage: decision.stage, why, detail } } : judgement;
}

const ruleOf = (
  { playbook, deciding, decision }: Judgement,
  { reportId, sourceId, sourceTrust }: Reported,
): object => ({
  playbook: playbook.id,
  version: playbook.version,
  stage: decision?.stage.name,
  observation: deciding?.id,
  report: reportId,
  source: sourceId,
  sourceTrust,
});

/** Reasons that say nothing new to whoever reads the timeline, each time they apply again. */
const isOldNews = ({ grown, decision }: Judgement): boolean => {
  if (decision?.kind !== "withhold") return false;
  if (decision.why === "already-standing") return !grown.case.isNew && grown.case.state !== "watching";
  return !grown.case.isNew && grown.case.withheld === decision.why;
};

/** The timeline's entry for what was decided; undefined: nothing that it does not say already. */
export function decisionEvent(
  judgement: Judgement,
  reported: Reported,
  ordered: MeasureOrdered | undefined,
): CaseEvent | undefined {
  const { decision, grown, playbook } = judgement;
  if (!decision || isOldNews(judgement)) return undefined;
  const common = { caseId: grown.case.id, actor: `playbook:${playbook.id}` };
  const rule = ruleOf(judgement, reported);
  if (decision.kind === "withhold") {
    const kind = decision.why === "already-standing" ? "measure-standing" : "measure-withheld";
    const measure = decision.stage.measure?.kind;
    const measureId = measure && grown.context?.standing[measure];
    return { ...common, kind, note: decision.detail, detail: { ...rule, why: decision.why, measure, measureId } };
  }
  if (!ordered) return undefined;
  const { id, state, heldBy, kind } = ordered.measure;
  const isHeld = state === "held";
  const note = isHeld
    ? `${kind} waits for a person: breaker ${heldBy ?? "unknown"} is open`
    : `${kind} until ${decision.until.toISOString()}`;
  const detail = { ...rule, measure: kind, measureId: id, measureState: state, heldBy, until: decision.until };
  return { ...common, kind: isHeld ? "measure-held" : "measure-ordered", note, detail };
}

const standsAlready = (decision: Decision): boolean => decision.kind === "order" || decision.why === "already-standing";

/** Where the case stands then; undefined: where it stood. */
export function standingAfter({ grown, state, decision, playbook }: Judgement): CaseStanding | undefined {
  const { id, stage, withheld } = grown.case;
  if (!decision) return state === grown.case.state ? undefined : { id, state, stage, withheld };
  const next: CaseStanding = {
    id,
    state,
    stage: standsAlready(decision) ? decision.stage.name : stage,
    withheld: standsAlready(decision) || decision.kind === "order" ? null : decision.why,
    playbookId: playbook.id,
    playbookVersion: playbook.version,
  };
  const isSame = next.state === grown.case.state && next.stage === stage && next.withheld === withheld;
  return isSame && !grown.case.isNew ? undefined : next;
}
