import type { CaseEvent } from "../cases/case-event-store.ts";
import { type Case, otherOpenCases } from "../cases/case-store.ts";
import type { Transaction } from "../database/database.ts";
import type { Measure } from "../enforcement/measure.ts";
import { endOf, stageOf } from "../policy/decide.ts";
import { standingMeasuresOf } from "./case-measure-store.ts";
import { type CaseEventDependencies, type Consequence, measureEvent, type PersonEvent, told } from "./person-event.ts";

/** Another case of the customer in which the same measure is due takes it over: one matter's end is not the other's. */
async function takeOver(
  trx: Transaction,
  { playbookFor, orderMeasure }: CaseEventDependencies,
  { lifted, others, now }: { readonly lifted: Measure; readonly others: readonly Case[]; readonly now: Date },
): Promise<CaseEvent | undefined> {
  for (const other of others) {
    if (other.stage === null || other.withheld !== null || other.subscriberId === null) continue;
    const playbook = playbookFor(other.category);
    const stage = stageOf(playbook, other.stage);
    if (stage.measure?.kind !== lifted.kind) continue;
    const { measure } = await orderMeasure(trx, {
      subscriberId: other.subscriberId,
      detail: stage.measure,
      reason: `${other.category} still open: taken over from case ${lifted.caseId}`,
      caseId: other.id,
      orderedBy: `playbook:${playbook.id}`,
      until: lifted.until ?? endOf(stage, now),
      now,
    });
    const detail = { measureId: measure.id, measure: measure.kind, measureState: measure.state, from: lifted.caseId };
    return { caseId: other.id, kind: "measure-ordered", actor: `playbook:${playbook.id}`, note: lifted.kind, detail };
  }
  return undefined;
}

/**
 * Lifts what a case made hold; measures of other cases stay. What a breaker held was never in force, so nobody takes it
 * over: the other case's next evidence asks the breaker anew.
 */
export async function letOut(
  trx: Transaction,
  dependencies: CaseEventDependencies,
  { subject, event }: { readonly subject: Case; readonly event: PersonEvent },
): Promise<Consequence> {
  const events: CaseEvent[] = [];
  const others = await otherOpenCases(trx, subject);
  for (const { kind, subscriberId, state } of await standingMeasuresOf(trx, subject.id)) {
    const reason = `case ${subject.id} ${told[event.type]}`;
    const lifted = await dependencies.liftMeasure(trx, { subscriberId, kind, by: event.by, reason, now: event.now });
    if (!lifted) continue;
    events.push(measureEvent(event, "measure-lifted", lifted));
    const taken = state === "active" && (await takeOver(trx, dependencies, { lifted, others, now: event.now }));
    if (taken) events.push(taken);
  }
  return { events, change: { withheld: null, releasedAt: event.now } };
}
