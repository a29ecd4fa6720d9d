import type { CaseEvent } from "../cases/case-event-store.ts";
import type { Case, CaseStanding } from "../cases/case-store.ts";
import type { Transaction } from "../database/database.ts";
import type { Measure } from "../enforcement/measure.ts";
import { decide, stageOf } from "../policy/decide.ts";
import type { Playbook } from "../policy/playbook.ts";
import { type DecidingEvidence, decidingEvidence } from "./deciding-evidence-store.ts";
import { type EvidenceContext, evidenceContexts } from "./evidence-context-store.ts";
import type { CaseEventDependencies } from "./person-event.ts";

/** Another case of the customer that may need a measure which is about to end, with what is known before it does. */
export interface Heir {
  readonly case: Case;
  readonly playbook: Playbook;
  readonly context: EvidenceContext;
  readonly evidence: DecidingEvidence;
}

/** What came of it, for the other cases. */
export interface Succession {
  readonly events: readonly CaseEvent[];
  readonly standings: readonly CaseStanding[];
}

/** Of these cases those at whose stage one of these measures is due. Asked before it is lifted: a lifting is a release. */
export async function heirsTo(
  trx: Transaction,
  { playbookFor }: CaseEventDependencies,
  { others, kinds }: { readonly others: readonly Case[]; readonly kinds: ReadonlySet<string> },
): Promise<Heir[]> {
  const heirs: Heir[] = [];
  for (const other of others) {
    const { id, category, subscriberId, stage, withheld } = other;
    const playbook = playbookFor(category);
    const due = stage === null ? undefined : stageOf(playbook, stage).measure?.kind;
    if (subscriberId === null || withheld !== null || due === undefined || !kinds.has(due)) continue;
    const [context] = await evidenceContexts(trx, [{ subscriberId, category }]);
    const evidence = await decidingEvidence(trx, id, playbook);
    if (context && evidence) heirs.push({ case: other, playbook, context, evidence });
  }
  return heirs;
}

const newest = (...times: readonly (Date | null)[]): Date | null =>
  times.filter((time) => time !== null).sort((a, b) => b.getTime() - a.getTime())[0] ?? null;

/** What the heir's playbook is asked, as if the measure had never stood: only its own matter's evidence speaks for it. */
const situationOf = ({ case: heir, playbook, context, evidence }: Heir, lifted: Measure, now: Date) => ({
  playbook,
  state: heir.state,
  stage: heir.stage,
  evidence: { seenAt: evidence.seenAt, confidence: evidence.confidence ?? undefined },
  sourceTrust: evidence.sourceTrust,
  subscriber: context.subscriber,
  standing: Object.keys(context.standing).filter((kind) => kind !== lifted.kind),
  lifted: context.lifted,
  releasedAt: newest(heir.releasedAt, context.letGoAt),
  now,
});

function withheld(heir: Heir, lifted: Measure, { why, note }: { readonly why: string; readonly note: string }) {
  const { id, state, stage } = heir.case;
  const detail = { why, measure: lifted.kind, from: lifted.caseId };
  const event: CaseEvent = {
    caseId: id,
    kind: "measure-withheld",
    actor: `playbook:${heir.playbook.id}`,
    note,
    detail,
  };
  return { event, standing: { id, state, stage, withheld: why } };
}

function takenOver(heir: Heir, lifted: Measure, measure: Measure): CaseEvent {
  const isHeld = measure.state === "held";
  const { id, state, heldBy } = measure;
  return {
    caseId: heir.case.id,
    kind: isHeld ? "measure-held" : "measure-ordered",
    actor: `playbook:${heir.playbook.id}`,
    note: isHeld ? `${lifted.kind} waits for a person: breaker ${heldBy ?? "unknown"} is open` : lifted.kind,
    detail: { measureId: id, measure: lifted.kind, measureState: state, heldBy, from: lifted.caseId },
  };
}

/**
 * The first heir whose playbook would order it now takes the measure over: one matter's end is not the other's. As with
 * new evidence a protection, a hold, a doubt or a breaker is in the way, and each heir is told so.
 */
export async function takeOver(
  trx: Transaction,
  { impossibleHere, orderMeasure }: CaseEventDependencies,
  { lifted, heirs, now }: { readonly lifted: Measure; readonly heirs: readonly Heir[]; readonly now: Date },
): Promise<Succession> {
  const refusals: ReturnType<typeof withheld>[] = [];
  const succession = (...more: CaseEvent[]): Succession => ({
    events: [...refusals.map(({ event }) => event), ...more],
    standings: refusals.map(({ standing }) => standing),
  });
  for (const heir of heirs) {
    const { category, id, subscriberId } = heir.case;
    const decision = decide({ ...situationOf(heir, lifted, now), impossibleHere });
    if (decision.stage.measure?.kind !== lifted.kind || subscriberId === null) continue;
    if (decision.kind === "withhold") {
      refusals.push(withheld(heir, lifted, { why: decision.why, note: decision.detail }));
      continue;
    }
    const answer = await orderMeasure(trx, {
      subscriberId,
      detail: decision.measure,
      reason: `${category} still open: taken over from case ${lifted.caseId}`,
      caseId: id,
      orderedBy: `playbook:${heir.playbook.id}`,
      until: lifted.until ?? decision.until,
      now,
      automatic: { sourceId: heir.evidence.sourceId, category },
    });
    if (answer.kind === "ordered") return succession(takenOver(heir, lifted, answer.measure));
    refusals.push(withheld(heir, lifted, { why: answer.why, note: answer.detail }));
  }
  return succession();
}
