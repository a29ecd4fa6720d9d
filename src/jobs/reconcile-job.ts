import type { Database } from "../database/database.ts";
import { reconcileProfiles } from "../enforcement/reconcile.ts";
import { endSessionsOfNas } from "../session/nas-restart-store.ts";
import { closeStaleSessions } from "../session/stale-session-store.ts";
import type { Job } from "./job.ts";
import { restartedNases } from "./restarted-nas-store.ts";
import { untilDone } from "./until-done.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const PER_STATEMENT = 500;

/** Ends sessions that are over without a Stop, then compares what is desired with what is. */
export function reconcileJob(database: Pick<Database, "query" | "transaction">, wakeDispatcher: () => void): Job {
  return {
    name: "reconcile",
    schedule: "*/5 * * * *",
    limitMs: 240_000,
    run: async ({ now, signal }) => {
      const bySmallSteps = { signal, portion: PER_STATEMENT };
      // Whoever records a restart ends its sessions; here only what it was kept from by its own end.
      let endedByRestart = 0;
      for (const { id, restartedAt } of await restartedNases(database, new Date(now.getTime() - DAY_MS)))
        endedByRestart += await untilDone(bySmallSteps, (limit) => endSessionsOfNas(database, id, restartedAt, limit));
      const stale = await untilDone(bySmallSteps, async (limit) => {
        return (await closeStaleSessions(database, { now, unknownIntervalMs: DAY_MS, limit })).length;
      });
      const profiles = await reconcileProfiles(database, { now, signal });
      wakeDispatcher();
      return { stale, endedByRestart, ...profiles };
    },
  };
}
