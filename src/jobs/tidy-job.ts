import { deleteOldRecords } from "../authorization/forwarded-accounting-store.ts";
import type { Database } from "../database/database.ts";
import { forgetHeard } from "../session/heard-nas-store.ts";
import { HEARD_KEPT_MS } from "../session/stale-session-store.ts";
import type { Job } from "./job.ts";
import { deleteOldRuns } from "./job-run-store.ts";
import { deleteOldAnswers, deleteOldGrants } from "./tidy-store.ts";
import { untilDone } from "./until-done.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Twice as long as they are tried. */
const FORWARDED_KEPT_MS = 2 * 60 * 60 * 1000;
const KEPT_RUNS_MS = 30 * DAY_MS;

/**
 * Deletes what has served its purpose: answers to repeated requests, accounting for an upstream, Access-Accepts of a day ago, records of old
 * runs, when NASes were heard. */
export function tidyJob(database: Pick<Database, "query">): Job {
  return {
    name: "tidy",
    schedule: "17 * * * *",
    limitMs: 120_000,
    run: async ({ now, signal }) => {
      const dayAgo = new Date(now.getTime() - DAY_MS);
      const portions = { signal, portion: 10_000 };
      return {
        answers: await untilDone(portions, (limit) => deleteOldAnswers(database, dayAgo, limit)),
        // Where forwarding was switched off, nobody else removes what waited.
        forwarded: await untilDone(portions, (limit) =>
          deleteOldRecords(database, new Date(now.getTime() - FORWARDED_KEPT_MS), limit),
        ),
        grants: await untilDone(portions, (limit) => deleteOldGrants(database, dayAgo, limit)),
        heard: await untilDone(portions, (limit) =>
          forgetHeard(database, new Date(now.getTime() - HEARD_KEPT_MS), limit),
        ),
        runs: await deleteOldRuns(database, new Date(now.getTime() - KEPT_RUNS_MS)),
      };
    },
  };
}
