import { Type } from "typebox";
import type { Database, Transaction } from "../database/database.ts";
import type { Measure } from "../enforcement/measure.ts";
import type { MeasureView } from "../enforcement/measure-view.ts";
import { actorOf } from "./actor.ts";
import { recordAudit } from "./audit-store.ts";
import type { Caller } from "./caller.ts";
import { knownMeasure } from "./known-measure.ts";

export const reasonKept = "kept with the measure, for whoever asks why";
export const MeasureReason = Type.String({ minLength: 1, maxLength: 1000, description: reasonKept });

export const WaitMs = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 0,
    description: "for how many milliseconds to wait for the outcome at most; 0: answer at once",
  }),
);

export interface OutcomeDependencies {
  readonly database: Database;
  readonly dispatcher: { wake(): void; settled(subscriberId: string, waitMs: number): Promise<void> };
}

/** Once a change of a measure is committed: lets the dispatcher begin, and waits for it if the caller wants to. */
export async function outcomeOf(
  measure: Measure,
  waitMs: number | undefined,
  { database, dispatcher }: OutcomeDependencies,
): Promise<MeasureView> {
  dispatcher.wake();
  if (waitMs !== undefined && waitMs > 0) await dispatcher.settled(measure.subscriberId, waitMs);
  return await knownMeasure(database, measure.id);
}

export interface MeasureChange {
  readonly caller: Caller;
  /** "measure.order" */
  readonly action: string;
  readonly measure: Measure;
}

/** Says in the audit what somebody did to a measure, and how it stands then. */
export async function auditMeasure(trx: Transaction, { caller, action, measure }: MeasureChange): Promise<void> {
  const { id, kind, params, reason, until, subscriberId } = measure;
  const { state } = await knownMeasure(trx, id);
  const detail = { measure: id, kind, params, reason, until: until ?? null, state };
  await recordAudit(trx, { ...actorOf({ caller }), action, subject: `subscriber:${subscriberId}`, detail });
}
