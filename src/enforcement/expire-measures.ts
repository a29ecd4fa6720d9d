import { addCaseEvents } from "../cases/case-event-store.ts";
import type { Database } from "../database/database.ts";
import { liftAll } from "./lift-measure.ts";
import type { Measure } from "./measure.ts";
import { measureEvents } from "./measure-events.ts";
import { endMeasures, overdueMeasures } from "./measure-store.ts";
import { lockSubscribers } from "./outbox-store.ts";

export interface Expiry {
  readonly now: Date;
  /** "job:expire", or who ran it. */
  readonly by: string;
  /** How many in one transaction. */
  readonly limit: number;
}

/**
 * Ends the measures that are past their `until`, oldest first: those in force are lifted, those that still wait are
 * rejected. Returns them; as long as there are `limit` of them, there may be more.
 */
export async function expireMeasures(
  database: Pick<Database, "transaction">,
  { now, by, limit }: Expiry,
): Promise<Measure[]> {
  return await database.transaction(async (trx) => {
    const seen = await overdueMeasures(trx, now, limit);
    const subscriberIds = [...new Set(seen.map(({ subscriberId }) => subscriberId))];
    await lockSubscribers(trx, subscriberIds);
    // Looked at again under the locks: an end may have been moved meanwhile.
    const overdue = (await overdueMeasures(trx, now, limit)).filter((measure) =>
      subscriberIds.includes(measure.subscriberId),
    );
    const waiting = overdue.filter(({ state }) => state !== "active").map(({ id }) => id);
    const inForce = overdue.filter(({ state }) => state === "active");
    const why = "nobody decided in time";
    const rejected = await endMeasures(trx, { ids: waiting, by, now, reason: why }, "rejected");
    await addCaseEvents(trx, measureEvents(rejected, { kind: "measure-rejected", by, why }), now);
    return [...rejected, ...(await liftAll(trx, inForce, { by, now, reason: "its time is over" }))];
  });
}
