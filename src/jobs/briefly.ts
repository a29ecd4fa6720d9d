import { setTimeout as wait } from "node:timers/promises";
import type { Database, Transaction } from "../database/database.ts";
import { isWaitLimit, limitWaits } from "./wait-limit-store.ts";

/** Whoever comes behind a lock that is waited for waits as long. */
const limits = { lockMs: 250, statementMs: 2_000 };
const TRIES = 5;
const FIRST_PAUSE_MS = 200;

/**
 * Runs a transaction that locks what accounting needs: only if it gets its locks and is done in a moment. Where it does
 * not, it tries again a few times, and lets the others go first in between. undefined: it never could.
 */
export async function briefly<T>(
  database: Pick<Database, "transaction">,
  signal: AbortSignal,
  work: (trx: Transaction) => Promise<T>,
): Promise<T | undefined> {
  for (let tried = 0; tried < TRIES && !signal.aborted; tried++) {
    if (tried > 0) await wait(FIRST_PAUSE_MS * 2 ** (tried - 1), undefined, { signal }).catch(() => undefined);
    try {
      return await database.transaction(async (trx) => {
        await limitWaits(trx, limits);
        return await work(trx);
      });
    } catch (error) {
      if (!isWaitLimit(error)) throw error;
    }
  }
  return undefined;
}
