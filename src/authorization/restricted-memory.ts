import type { Queryable } from "../database/database.ts";
import type { LastKnownProfiles } from "./last-known-profiles.ts";
import { restrictedUsernames } from "./restricted-subscriber-store.ts";

export interface RestrictedMemoryOptions {
  readonly queryable: Queryable;
  readonly lastKnown: LastKnownProfiles;
  readonly limit: number;
  readonly everyMs: number;
}

/**
 * Keeps what is remembered about restricted subscribers near to what holds, so that a measure survives the loss of the
 * database also for those who have not logged in since. While the database is away, what is remembered stays.
 */
export function keepRestrictedMemory({ queryable, lastKnown, limit, everyMs }: RestrictedMemoryOptions): {
  stop(): Promise<void>;
} {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const refresh = async (): Promise<void> => {
    try {
      const all = await restrictedUsernames(queryable, limit);
      if (!isStopped) lastKnown.replace(all);
    } catch {
      // Heals by itself; look-ups that fail meanwhile are counted.
    }
    if (!isStopped) timer = setTimeout(start, everyMs);
  };
  let running: Promise<void> = Promise.resolve();
  const start = () => {
    running = refresh();
  };
  start();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
