import type { Database } from "../database/database.ts";
import { resealNasSecrets } from "../nas/reseal-secrets-store.ts";
import type { KeyRing } from "../secrets/key-ring.ts";
import { resealCredentials } from "../subscriber/reseal-credentials-store.ts";
import type { Job } from "./job.ts";

const PORTION = 2_000;

/**
 * Seals with the newest key of WEIR_SECRET_KEY what older ones sealed, so that they can be taken away. It is no part of
 * a start: until then every node must have had the time to learn the new key.
 */
export function resealJob(database: Pick<Database, "query">, keyRing: KeyRing): Job {
  return {
    name: "reseal",
    schedule: "41 3 * * *",
    limitMs: 600_000,
    run: async ({ signal }) => {
      const nas = await resealNasSecrets(database, keyRing);
      const found = { nas: nas.sealed, passwords: 0, unreadable: nas.unreadable };
      for (let after: string | undefined = ""; after !== undefined && !signal.aborted; ) {
        const portion = await resealCredentials(database, keyRing, { after, limit: PORTION });
        found.passwords += portion.sealed;
        found.unreadable += portion.unreadable;
        after = portion.next;
      }
      return found;
    },
  };
}
