import { addCaseEvents } from "../cases/case-event-store.ts";
import type { Transaction } from "../database/database.ts";
import { isPerson } from "./decide-order.ts";
import { EnforcementError } from "./enforcement-error.ts";
import type { Measure } from "./measure.ts";
import { measureEvents } from "./measure-events.ts";
import { endMeasures, measureById, writeApproval } from "./measure-store.ts";
import { measureStates } from "./measure-view-store.ts";
import { lockSubscribers } from "./outbox-store.ts";
import { refreshProfiles } from "./refresh-profiles.ts";

export interface Verdict {
  readonly measureId: string;
  /** "key:<id>" of a person. */
  readonly by: string;
  readonly now: Date;
}

const PEOPLE_FOR_TERMINATION = 2;

/**
 * Lets a waiting measure come into force. A termination takes two people, who orders it among them: one that nobody
 * ordered stays awaiting until a second person approved. Throws EnforcementError unknown-measure, not-waiting,
 * not-a-person, same-person.
 */
export async function approveMeasure(trx: Transaction, verdict: Verdict): Promise<Measure> {
  const measure = await lockWaiting(trx, verdict);
  const people = new Set([measure.orderedBy, ...measure.approvals].filter(isPerson));
  if (measure.kind === "terminate" && people.has(verdict.by))
    throw new EnforcementError("same-person", "a termination takes two people, and this key is the first of them");
  people.add(verdict.by);
  const isEnough = measure.kind !== "terminate" || people.size >= PEOPLE_FOR_TERMINATION;
  const { by, now } = verdict;
  const approved = (await writeApproval(trx, { id: measure.id, by, now, isEnough })) ?? measure;
  await Promise.all([
    addCaseEvents(trx, measureEvents([approved], { kind: "measure-approved", by }), now),
    refreshProfiles(trx, { subscriberIds: [measure.subscriberId], reason: `${measure.kind} approved` }),
  ]);
  return approved;
}

/** Throws a waiting measure away. Throws EnforcementError unknown-measure, not-waiting, not-a-person. */
export async function rejectMeasure(
  trx: Transaction,
  verdict: Verdict & { readonly reason?: string },
): Promise<Measure> {
  const measure = await lockWaiting(trx, verdict);
  const { by, now, reason = "rejected" } = verdict;
  const rejected = await endMeasures(trx, { ids: [measure.id], by, now, reason }, "rejected");
  await addCaseEvents(trx, measureEvents(rejected, { kind: "measure-rejected", by, why: reason }), now);
  return rejected[0] ?? measure;
}

async function lockWaiting(trx: Transaction, { measureId, by }: Verdict): Promise<Measure> {
  if (!isPerson(by)) throw new EnforcementError("not-a-person", "only a person's key may approve or reject");
  const seen = await measureById(trx, measureId);
  if (seen) await lockSubscribers(trx, [seen.subscriberId]);
  const measure = await measureById(trx, measureId);
  if (!measure) throw new EnforcementError("unknown-measure", `there is no measure ${measureId}`);
  if (measure.state !== "awaiting-approval" && measure.state !== "held") throw await notWaiting(trx, measureId);
  return measure;
}

/** Says how the measure stands as everybody sees it, not as it is stored. */
async function notWaiting(trx: Transaction, measureId: string): Promise<EnforcementError> {
  const state = (await measureStates(trx, [measureId])).get(measureId) ?? "lifted";
  return new EnforcementError("not-waiting", `measure ${measureId} is ${state}: there is nothing to decide`);
}
