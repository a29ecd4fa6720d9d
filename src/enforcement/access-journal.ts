import type { Queryable } from "../database/database.ts";
import { type AccessEnforcement, insertAccessEnforcements } from "./access-journal-store.ts";
import { createBatchWriter } from "./batch-writer.ts";

export interface AccessJournal {
  /** Takes a login down, soon and together with others; never waits and never throws. */
  record(login: AccessEnforcement): void;
  /** Resolves when everything recorded is written. */
  stop(): Promise<void>;
}

export interface AccessJournalDependencies {
  readonly database: Queryable;
  /** Told of logins that did not make it onto the record: the database was away, or too slow for them. */
  readonly onLost: (count: number, error?: unknown) => void;
}

const MOST_WAITING = 20_000;

/** The record of what profiles did at logins. It is evidence, not state: a login never waits for it. */
export function createAccessJournal({ database, onLost }: AccessJournalDependencies): AccessJournal {
  let waiting = 0;
  const writer = createBatchWriter<AccessEnforcement, undefined>({
    write: async (logins) => {
      await insertAccessEnforcements(database, logins);
      return logins.map(() => undefined);
    },
    maxBatch: 1000,
  });
  return {
    record: (login) => {
      if (waiting >= MOST_WAITING) return onLost(1);
      waiting++;
      writer
        .add(login)
        .catch((error) => onLost(1, error))
        .finally(() => {
          waiting--;
        });
    },
    stop: writer.idle,
  };
}
