import { expect, vi } from "vitest";
import type { Database, Queryable } from "../../../src/database/database.ts";
import type { AccountingEvent } from "../../../src/session/accounting-event.ts";
import { recordBatch } from "../../../src/session/record-batch.ts";

/** Records events in a transaction that commits only when told. */
export async function heldBatch(database: Database, events: readonly AccountingEvent[], autoSubscribers = true) {
  const recorded = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const done = database.transaction(async (trx) => {
    await recordBatch(trx, events, { autoSubscribers, opened: async () => false });
    recorded.resolve();
    await gate.promise;
  });
  await Promise.race([recorded.promise, done]);
  return {
    commit: async () => {
      gate.resolve();
      await done;
    },
  };
}

/** Somebody in this database waits for another's lock. */
export const somebodyWaits = (on: Queryable) =>
  vi.waitFor(
    async () => {
      const rows = await on.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(rows).not.toHaveLength(0);
    },
    { timeout: 5_000, interval: 10 },
  );
