import { attributeLater, type LaterDependencies } from "../response/attribute-later.ts";
import type { Job } from "./job.ts";
import { walk } from "./walk.ts";

/** NASes deliver what they kept through an outage within hours; later, a source can send its report again. */
const ASKED_FOR_MS = 24 * 60 * 60_000;
/** As many as lie within a report's share of a NAS: it is judged before any of them is acted upon. */
const walking = { portion: 2_000, most: 20_000 };

/**
 * Asks again of observations that named nobody for sure: a report can be faster than the accounting that tells whose it
 * is. What is known by now is answered as a new report would be.
 */
export function attributeJob(dependencies: LaterDependencies): Job {
  return {
    name: "attribute",
    schedule: "30 * * * * *",
    limitMs: 50_000,
    run: async ({ now, signal }) => {
      const since = new Date(now.getTime() - ASKED_FOR_MS);
      const attributed = await walk(dependencies.database, { ...walking, name: "unattributed", signal }, (rows) =>
        attributeLater(dependencies, { since, rows, now, by: "job:attribute" }),
      );
      return { attributed };
    },
  };
}
