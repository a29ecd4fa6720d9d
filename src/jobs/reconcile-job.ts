import type { Database } from "../database/database.ts";
import { enqueueForSubscribers, lockSubscribers } from "../enforcement/outbox-store.ts";
import { reconcileProfiles } from "../enforcement/reconcile.ts";
import { closeOrphanedIntervals } from "../session/interval-check-store.ts";
import { endSessionsOfNas, unsettledRestarts } from "../session/nas-restart-store.ts";
import { adoptSessions } from "../session/nobodys-session-store.ts";
import { UNKNOWN_INTERVAL_MS } from "../session/session-silence-store.ts";
import { closeStaleSessions } from "../session/stale-session-store.ts";
import type { Findings, Job, JobContext } from "./job.ts";
import { walk } from "./walk.ts";

const PER_TRANSACTION = 500;
/** 2.5 million sessions within 50 minutes; PostgreSQL looks at as many as one run does in a second. */
const walking = { portion: 2_000, most: 250_000 };

type Stored = Pick<Database, "query" | "transaction">;

/** Ends sessions that are over without a Stop, then compares what is desired with what is. */
export function reconcileJob(database: Stored, wakeDispatcher: () => void): Job {
  return {
    name: "reconcile",
    schedule: "*/5 * * * *",
    limitMs: 240_000,
    run: async (context) => {
      const ended = await endSessions(database, context);
      const adopted = await adoptNobodys(database, context.signal);
      const profiles = await reconcileProfiles(database, context);
      wakeDispatcher();
      return { ...ended, adopted, ...profiles };
    },
  };
}

async function endSessions(database: Stored, { now, signal }: JobContext): Promise<Findings> {
  const endedByRestart = await settleRestarts(database, signal);
  const rule = { now, unknownIntervalMs: UNKNOWN_INTERVAL_MS };
  const stale = await walk(database, { ...walking, name: "stale", signal }, async (portion) => {
    const { ended, last } = await closeStaleSessions(database, rule, portion);
    return { found: ended, last };
  });
  const orphanedIntervals = await walk(database, { ...walking, name: "intervals", signal }, async (portion) => {
    const { closed, last } = await closeOrphanedIntervals(database, portion);
    return { found: closed, last };
  });
  return { stale, endedByRestart, orphanedIntervals };
}

/** Whoever records a restart ends its sessions; here only what it was kept from by its own end. */
async function settleRestarts(database: Stored, signal: AbortSignal): Promise<number> {
  let total = 0;
  for (const { nasId, at } of await unsettledRestarts(database)) {
    let ended: number | undefined;
    while (ended !== 0 && !signal.aborted) {
      ended = await endSessionsOfNas(database, nasId, at, PER_TRANSACTION);
      total += ended;
    }
  }
  return total;
}

/** Returns how many subscribers got sessions that were nobody's. */
async function adoptNobodys(database: Stored, signal: AbortSignal): Promise<number> {
  return await walk(database, { ...walking, name: "nobodys", signal }, async (portion) => {
    return await database.transaction(async (trx) => {
      const { gained, last } = await adoptSessions(trx, portion);
      // Under their locks, so that a measure that is being ordered either sees the sessions or is seen.
      await lockSubscribers(trx, gained);
      await enqueueForSubscribers(trx, { subscriberIds: gained, reason: "subscriber known" });
      return { found: gained.length, last };
    });
  });
}
