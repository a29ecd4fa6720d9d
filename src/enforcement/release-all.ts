import type { Database, Transaction } from "../database/database.ts";
import { liftAll } from "./lift-measure.ts";
import { standingMeasures } from "./measure-store.ts";
import { lockSubscribers } from "./outbox-store.ts";
import { subscribersHeldBefore } from "./subscriber-profile-store.ts";

export interface ReleaseAll {
  /** "key:<id>" of the admin. */
  readonly by: string;
  readonly reason: string;
  readonly now: Date;
}

export interface Released {
  readonly subscribers: number;
  readonly measures: number;
}

const SUBSCRIBERS_PER_TRANSACTION = 500;

/**
 * Lifts every measure that stands, waiting ones too. In chunks, each a transaction of its own, so that neither a lock
 * nor the outbox waits for all of it; what is ordered meanwhile stays. Cut short, it has released what it has, and
 * doing it again goes on. `chunkDone` is called after each commit: for waking the dispatcher.
 */
export async function releaseAll(
  database: Pick<Database, "transaction">,
  request: ReleaseAll,
  chunkDone: () => void = () => undefined,
): Promise<Released> {
  let after: string | undefined = "";
  const released = { subscribers: 0, measures: 0 };
  while (after !== undefined) {
    const from: string = after;
    const chunk = await database.transaction((trx) => releaseChunk(trx, request, from));
    released.subscribers += chunk.subscribers;
    released.measures += chunk.measures;
    after = chunk.last;
    chunkDone();
  }
  return released;
}

async function releaseChunk(trx: Transaction, { by, reason, now }: ReleaseAll, after: string) {
  const subscriberIds = await subscribersHeldBefore(trx, { now, after, limit: SUBSCRIBERS_PER_TRANSACTION });
  await lockSubscribers(trx, subscriberIds);
  const standing = await standingMeasures(trx, subscriberIds);
  const lifted = await liftAll(
    trx,
    standing.filter((measure) => measure.orderedAt <= now),
    { by, reason, now },
  );
  const isLast = subscriberIds.length < SUBSCRIBERS_PER_TRANSACTION;
  return {
    subscribers: new Set(lifted.map(({ subscriberId }) => subscriberId)).size,
    measures: lifted.length,
    last: isLast ? undefined : subscriberIds.at(-1),
  };
}
