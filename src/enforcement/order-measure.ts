import { addCaseEvents } from "../cases/case-event-store.ts";
import type { Transaction } from "../database/database.ts";
import { type LineProtection, lineProtection } from "../policy/line-protection.ts";
import { ConflictError } from "../subscriber/retry-conflict.ts";
import { lockBreakers, trippedBreaker } from "./breaker-store.ts";
import { decideOrder, type OrderDecision } from "./decide-order.ts";
import { EnforcementError } from "./enforcement-error.ts";
import { lockLine } from "./line-store.ts";
import type { Measure, MeasureDetail } from "./measure.ts";
import { measureEvents } from "./measure-events.ts";
import { endMeasures, insertMeasure, moveEnd, standingMeasure } from "./measure-store.ts";
import { enqueueForSubscribers } from "./outbox-store.ts";
import { refreshProfiles } from "./refresh-profiles.ts";

export interface MeasureOrder {
  readonly subscriberId: string;
  readonly detail: MeasureDetail;
  readonly reason: string;
  readonly caseId?: string;
  /** "key:<id>" of a person, or "playbook:<id>". */
  readonly orderedBy: string;
  /** Default: 30 days from now; a termination has none. */
  readonly until?: Date;
  readonly now: Date;
  /**
   * Nobody decided this one: it passes the breakers, and what they stop is held for a person. On a protected line it is
   * withheld.
   */
  readonly automatic?: { readonly sourceId: string; readonly category: string };
}

export interface MeasureOrdered {
  readonly kind: "ordered";
  readonly measure: Measure;
  /** False: it stood already, just so. */
  readonly changed: boolean;
}

/** Only an automatic order: nothing was done to this line. */
export interface OrderWithheld extends LineProtection {
  readonly kind: "withheld";
}

/** What only a person may order: it is never withheld. */
export type PersonalOrder = MeasureOrder & { readonly automatic?: never };

/**
 * Makes a measure hold for a subscriber, and enqueues what its open sessions need for it. Ordering the same again
 * changes nothing (a person's order tries again what could not be done); other params take the place of the standing
 * one, which stays as history. Automatic orders run one after another in the whole cluster until commit: make them last
 * in a transaction, subscribers in ascending order. Throws EnforcementError unknown-subscriber; for an automatic order
 * ConflictError: run the transaction through retryingConflicts.
 */
export function orderMeasure(trx: Transaction, order: PersonalOrder): Promise<MeasureOrdered>;
export function orderMeasure(trx: Transaction, order: MeasureOrder): Promise<MeasureOrdered | OrderWithheld>;
export async function orderMeasure(trx: Transaction, order: MeasureOrder): Promise<MeasureOrdered | OrderWithheld> {
  const { subscriberId, detail } = order;
  const request = { ...order, isAutomatic: order.automatic !== undefined };
  // In this order: whoever waits for the breakers must not hold a line meanwhile.
  const [, line, standing] = await Promise.all([
    order.automatic && lockBreakers(trx),
    lockLine(trx, subscriberId),
    standingMeasure(trx, subscriberId, detail.kind),
  ]);
  if (!line) throw noLine(order);
  // Asked under the lock: a protection may have been set since whoever orders looked.
  const protection = order.automatic && lineProtection(line);
  if (protection) return { kind: "withheld", ...protection };
  return { kind: "ordered", ...(await carryOut(trx, { order, standing, decision: decideOrder(standing, request) })) };
}

/** Whoever ordered by itself had just found the subscriber: it was merged or removed since, so all is to be asked anew. */
const noLine = ({ subscriberId, automatic }: MeasureOrder): Error =>
  automatic
    ? new ConflictError(`subscriber ${subscriberId} was just removed`)
    : new EnforcementError("unknown-subscriber", `there is no subscriber ${subscriberId}`);

interface Decided {
  readonly order: MeasureOrder;
  readonly standing: Measure | undefined;
  readonly decision: OrderDecision;
}

async function carryOut(
  trx: Transaction,
  { order, standing, decision }: Decided,
): Promise<Omit<MeasureOrdered, "kind">> {
  if (decision.kind === "write") return { measure: await write(trx, order, { standing, decision }), changed: true };
  if (!standing) throw new Error(`no measure stands, and yet the decision is to ${decision.kind}`);
  if (decision.kind === "move-end")
    return { measure: (await moveEnd(trx, standing.id, decision.until)) ?? standing, changed: true };
  if (!order.automatic)
    await enqueueForSubscribers(trx, {
      subscriberIds: [order.subscriberId],
      reason: `${order.detail.kind} tried again`,
    });
  return { measure: standing, changed: false };
}

interface Writing {
  readonly standing: Measure | undefined;
  readonly decision: Extract<OrderDecision, { kind: "write" }>;
}

async function write(trx: Transaction, order: MeasureOrder, { standing, decision }: Writing): Promise<Measure> {
  const { subscriberId, automatic, now, orderedBy } = order;
  const { until: _, ...asOrdered } = order;
  const tripped =
    decision.passesBreakers && automatic ? await trippedBreaker(trx, { subscriberId, now, ...automatic }) : undefined;
  const heldBy = decision.state === "held" ? standing?.heldBy : tripped;
  if (standing) await replace(trx, standing, { by: orderedBy, now });
  const [measure] = await Promise.all([
    insertMeasure(trx, {
      ...asOrdered,
      state: tripped === undefined ? decision.state : "held",
      isCounted: decision.passesBreakers && tripped === undefined,
      ...(decision.until && { until: decision.until }),
      ...(heldBy !== undefined && { heldBy }),
    }),
    refreshProfiles(trx, { subscriberIds: [subscriberId], reason: `${order.detail.kind} ordered` }),
  ]);
  // What ordered by itself says in its case what led to it.
  if (!automatic) await addCaseEvents(trx, measureEvents([measure], { kind: "measure-ordered", by: orderedBy }), now);
  return measure;
}

async function replace(trx: Transaction, standing: Measure, { by, now }: { by: string; now: Date }): Promise<void> {
  const why = "replaced by a newer one";
  const ended = await endMeasures(trx, { ids: [standing.id], by, reason: why, now }, "lifted");
  await addCaseEvents(trx, measureEvents(ended, { kind: "measure-lifted", by, why }), now);
}
