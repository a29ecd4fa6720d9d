import { addCaseEvents, type CaseEvent } from "../cases/case-event-store.ts";
import type { Transaction } from "../database/database.ts";
import { liftAll } from "../enforcement/lift-measure.ts";
import { type Trespass, trespassesOn, writeWithheld } from "./playbook-measure-store.ts";

const liftedEvent = ({ measure, protection }: Trespass): CaseEvent[] =>
  measure.caseId === undefined
    ? []
    : [
        {
          caseId: measure.caseId,
          kind: "measure-lifted",
          actor: "system",
          note: `${measure.kind} lifted: ${protection.detail}`,
          detail: { measureId: measure.id, measure: measure.kind, measureState: "lifted", why: protection.why },
        },
      ];

/**
 * Lifts what playbooks made hold for those of these subscribers whose line is protected now, waiting or in force; their
 * cases say why. What a person ordered or approved stays. The caller has written and locked the subscribers.
 */
export async function spareProtectedLines(
  trx: Transaction,
  subscriberIds: readonly string[],
  now: Date,
): Promise<void> {
  if (subscriberIds.length === 0) return;
  const trespasses = await trespassesOn(trx, subscriberIds);
  if (trespasses.length === 0) return;
  const measures = trespasses.map(({ measure }) => measure);
  await liftAll(trx, measures, { by: "system", reason: "no playbook touches a protected line", now });
  await addCaseEvents(trx, trespasses.flatMap(liftedEvent), now);
  const cases = trespasses.flatMap(({ measure, protection }) =>
    measure.caseId === undefined ? [] : [{ id: measure.caseId, why: protection.why }],
  );
  await writeWithheld(trx, cases, now);
}
