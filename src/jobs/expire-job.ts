import type { Database } from "../database/database.ts";
import { expireMeasures } from "../enforcement/expire-measures.ts";
import type { Job } from "./job.ts";
import { untilDone } from "./until-done.ts";

const PER_TRANSACTION = 200;

/** Ends measures that are past their time. */
export function expireJob(database: Pick<Database, "transaction">, wakeDispatcher: () => void): Job {
  return {
    name: "expire",
    schedule: "*/10 * * * * *",
    limitMs: 60_000,
    run: async ({ now, signal }) => {
      const findings = { lifted: 0, rejected: 0 };
      await untilDone({ signal, portion: PER_TRANSACTION }, async (limit) => {
        const ended = await expireMeasures(database, { now, by: "job:expire", limit });
        if (ended.length > 0) wakeDispatcher();
        findings.lifted += ended.filter(({ state }) => state === "lifted").length;
        findings.rejected += ended.filter(({ state }) => state === "rejected").length;
        return ended.length;
      });
      return findings;
    },
  };
}
