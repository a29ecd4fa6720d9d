import type { Database } from "../database/database.ts";
import { type Reconciliation, reconcileSession } from "./reconcile-session.ts";
import {
  closeAbandonedRequests,
  enqueueMissed,
  enqueueRepairs,
  enqueueSessions,
  raiseObstacle,
  sessionsToReconcile,
} from "./reconcile-store.ts";

/** How many sessions needed what. */
export interface ProfileFindings {
  readonly looked: number;
  readonly enqueued: number;
  readonly triedAgain: number;
  readonly repaired: number;
  readonly raised: number;
  readonly abandonedRequests: number;
}

const CHUNK = 1000;
/** Older than any request that could still be resumed. */
const ABANDONED_AFTER_MS = 600_000;

/** Compares what is desired with what was applied and with what accounting shows, for every open session it may concern. */
export async function reconcileProfiles(
  database: Pick<Database, "query" | "transaction">,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<ProfileFindings> {
  // Each in a transaction, small as it is: one that meets an order's in a deadlock is then run again.
  const enqueued = await database.transaction((trx) => enqueueMissed(trx));
  const found = { looked: 0, enqueued, triedAgain: 0, repaired: 0, raised: 0 };
  let after: string | undefined = "0";
  while (after !== undefined && !signal.aborted) {
    const chunk = await sessionsToReconcile(database, { now, after, limit: CHUNK });
    const byNeed = Map.groupBy(chunk, (session): Reconciliation["kind"] => reconcileSession(session).kind);
    const idsOf = (kind: Reconciliation["kind"]) => (byNeed.get(kind) ?? []).map(({ id }) => id);
    const enqueue = (kind: Reconciliation["kind"]) =>
      database.transaction((trx) => enqueueSessions(trx, { sessionIds: idsOf(kind), reason: "reconcile" }));
    found.looked += chunk.length;
    found.enqueued += await enqueue("enqueue");
    found.triedAgain += await enqueue("try-again");
    found.repaired += await database.transaction((trx) => enqueueRepairs(trx, idsOf("repair")));
    await database.transaction((trx) => raiseObstacle(trx, idsOf("raise"), "drifted"));
    found.raised += idsOf("raise").length;
    after = chunk.length < CHUNK ? undefined : chunk.at(-1)?.id;
  }
  const abandonedRequests = await closeAbandonedRequests(database, new Date(now.getTime() - ABANDONED_AFTER_MS));
  return { ...found, abandonedRequests };
}
