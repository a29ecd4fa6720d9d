import type { Transaction } from "../database/database.ts";
import { liftAll } from "../enforcement/lift-measure.ts";
import { trespassesOn, writeWithheld } from "./playbook-measure-store.ts";

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
  for (const { measure, protection } of trespasses)
    await liftAll(trx, [measure], { by: "system", reason: protection.detail, now, detail: { why: protection.why } });
  const cases = trespasses.flatMap(({ measure, protection }) =>
    measure.caseId === undefined ? [] : [{ id: measure.caseId, why: protection.why }],
  );
  await writeWithheld(trx, cases, now);
}
