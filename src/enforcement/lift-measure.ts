import { addCaseEvents } from "../cases/case-event-store.ts";
import type { Transaction } from "../database/database.ts";
import type { Measure, MeasureKind } from "./measure.ts";
import { measureEvents } from "./measure-events.ts";
import { endMeasures, standingMeasure } from "./measure-store.ts";
import { lockSubscribers } from "./outbox-store.ts";
import { refreshProfiles } from "./refresh-profiles.ts";

export interface Lift {
  readonly subscriberId: string;
  readonly kind: MeasureKind;
  /** "key:<id>" of a person, or what acted by itself. */
  readonly by: string;
  readonly reason?: string;
  readonly now: Date;
}

/**
 * Lifts the standing measure of a kind, waiting or in force, and enqueues the restoring of what was there before it.
 * undefined: none stands.
 */
export async function liftMeasure(trx: Transaction, lift: Lift): Promise<Measure | undefined> {
  await lockSubscribers(trx, [lift.subscriberId]);
  const standing = await standingMeasure(trx, lift.subscriberId, lift.kind);
  if (!standing) return undefined;
  const [lifted] = await liftAll(trx, [standing], lift);
  return lifted;
}

export interface LiftAll extends Pick<Lift, "by" | "reason" | "now"> {
  /** More about it for programs, in the timelines. */
  readonly detail?: object;
}

/**
 * Lifts these measures, whose subscribers the caller has locked; those that ended meanwhile are left out. Their cases say
 * so.
 */
export async function liftAll(
  trx: Transaction,
  measures: readonly Measure[],
  { by, reason, now, detail }: LiftAll,
): Promise<Measure[]> {
  const ids = measures.map(({ id }) => id);
  const lifted = await endMeasures(trx, { ids, by, now, ...(reason !== undefined && { reason }) }, "lifted");
  const subscriberIds = [...new Set(lifted.map(({ subscriberId }) => subscriberId))].sort();
  const kinds = [...new Set(lifted.map(({ kind }) => kind))].sort();
  await Promise.all([
    addCaseEvents(trx, measureEvents(lifted, { kind: "measure-lifted", by, why: reason, detail }), now),
    refreshProfiles(trx, { subscriberIds, reason: `${kinds.join(", ")} lifted` }),
  ]);
  return lifted;
}
