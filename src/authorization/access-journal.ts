import type { Queryable } from "../database/database.ts";
import type { AccessEnforcement } from "../enforcement/access-journal-store.ts";
import { Batch } from "./batch.ts";

export type InsertAccessEnforcements = (queryable: Queryable, logins: readonly AccessEnforcement[]) => Promise<void>;

/** Puts logins that a profile had a say in on record among the enforcements. */
export interface AccessJournal {
  /** Resolves once it is on record, or cannot be; never rejects, since the customer's answer is worth more than the record. */
  record(login: AccessEnforcement): Promise<void>;
  stop(): void;
}

export interface AccessJournalOptions {
  readonly queryable: Queryable;
  readonly insertAccessEnforcements: InsertAccessEnforcements;
  readonly maxWaitMs: number;
  readonly failed: () => void;
}

/**
 * A router whose login is rejected tries again every few seconds, for days: of rejects that say the same, one in this
 * time is put on record.
 */
const REPEAT_AFTER_MS = 600_000;
const MAX_REMEMBERED = 50_000;

export function createAccessJournal(options: AccessJournalOptions): AccessJournal {
  const batch = new Batch<AccessEnforcement, undefined>({
    run: async (logins) => {
      await options.insertAccessEnforcements(options.queryable, logins);
      return [];
    },
    maxBatch: 500,
    maxQueue: 5_000,
    maxWaitMs: options.maxWaitMs,
    maxUnderWay: 1,
  });
  const isRepeated = createRepetitions();
  return {
    record: async (login) => {
      if (isRepeated(login)) return;
      await batch.ask(login).catch(options.failed);
    },
    stop: () => batch.stop(),
  };
}

/** Remembers rejects; an Accept opens a session of its own each time. */
function createRepetitions(): (login: AccessEnforcement) => boolean {
  const recordedAt = new Map<string, number>();
  return ({ subscriberId, nasId, reason, digest, at, profile }) => {
    if (!profile.isSuspended && !profile.isTerminated) return false;
    const key = [subscriberId, nasId, reason, digest].join("\0");
    const before = recordedAt.get(key);
    // Either way: the clock may have been set back.
    if (before !== undefined && Math.abs(at.getTime() - before) < REPEAT_AFTER_MS) return true;
    recordedAt.delete(key);
    recordedAt.set(key, at.getTime());
    const [oldest] = recordedAt.keys();
    if (recordedAt.size > MAX_REMEMBERED && oldest !== undefined) recordedAt.delete(oldest);
    return false;
  };
}
