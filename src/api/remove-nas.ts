import type { Database } from "../database/database.ts";
import type { NasDirectory } from "../nas/nas-directory.ts";
import { removeBreaker } from "./breaker-removal-store.ts";
import { ApiError } from "./errors.ts";
import { endSomeOfNas, MOST_COUNTED, openOnNas } from "./nas-sessions-store.ts";

const DAY_MS = 24 * 60 * 60_000;
const PER_TRANSACTION = 500;

export interface RemoveNasDependencies {
  readonly database: Database;
  readonly nasDirectory: Pick<NasDirectory, "remove">;
  readonly now: () => Date;
}

/** Ends what a NAS that is gone left open: nobody else will. Returns how many sessions. */
async function endLeftOpen(database: Database, nasId: string): Promise<number> {
  let ended = 0;
  for (let some = PER_TRANSACTION; some > 0; ended += some)
    some = await database.transaction((trx) => endSomeOfNas(trx, nasId, PER_TRANSACTION));
  return ended;
}

/**
 * Removes a NAS, unless customers are on it: their sessions could be reached no more, and their Stops would be dropped. One
 * that was not heard for a day is taken to be gone for good, and its sessions with it. Returns how many were ended. Throws
 * ApiError nas-in-use.
 */
export async function removeNas({ database, nasDirectory, now }: RemoveNasDependencies, id: string): Promise<number> {
  const { sessions, heardAt } = await openOnNas(database, id, new Date(now().getTime() - DAY_MS));
  if (sessions > 0 && heardAt !== null) {
    const count =
      sessions < MOST_COUNTED ? sessions.toLocaleString("en") : `${MOST_COUNTED.toLocaleString("en")} or more`;
    throw new ApiError(
      "nas-in-use",
      `NAS ${id} has ${count} open ${sessions === 1 ? "session" : "sessions"}, and was heard at ${heardAt.toISOString()}: ` +
        "take the customers off it first. Once nothing was heard of it for a day, it is removed together with what it left open",
    );
  }
  const ended = sessions > 0 ? await endLeftOpen(database, id) : 0;
  await nasDirectory.remove(id);
  await removeBreaker(database, `nas:${id}`);
  return ended;
}
