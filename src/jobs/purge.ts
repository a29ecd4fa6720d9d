import type { Database, Queryable, Transaction } from "../database/database.ts";
import type { Place, Portion, PortionRemoved, Stock } from "../session/aged-rows-retention-store.ts";
import { removeForgotten } from "../session/automatic-subscriber-retention-store.ts";
import { planByIndex } from "./index-plan-store.ts";
import { isWaitLimit, limitWaits } from "./wait-limit-store.ts";

/** One kind of record that is removed with age. */
export interface Purge {
  /** As findings call it. */
  readonly kind: string;
  /** What it removes from. */
  readonly tables: readonly string[];
  /** Rows of its own that one transaction looks at. */
  readonly portion: number;
  /** Tells what is gone by table. */
  readonly remove: (trx: Transaction, portion: Portion) => Promise<PortionRemoved>;
  readonly stock: (on: Queryable, before: Date) => Promise<Stock>;
}

export interface PurgeBounds {
  /** Rows gone by one purge in one run, about. */
  readonly most: number;
  /** Makes the portions smaller. */
  readonly portion?: number;
}

export interface Purged {
  /** Table to rows. */
  readonly removed: Readonly<Record<string, number>>;
  /** There is more to be looked at. */
  readonly isCutShort: boolean;
}

export const sumOf = (counts: readonly Readonly<Record<string, number>>[]): Record<string, number> => {
  const sum: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((one) => Object.entries(one))) sum[name] = (sum[name] ?? 0) + count;
  return sum;
};

const total = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const limits = { lockMs: 1_000, statementMs: 60_000 };

/**
 * Removes what is older than `before`, the oldest first, each portion in a transaction of its own, and with it automatic
 * subscribers of whom nothing is left. Ends early by the bounds, the signal, or where somebody holds what is to go.
 */
export async function runPurge(
  database: Pick<Database, "transaction">,
  { remove, tables, portion: usual }: Purge,
  { before, signal, bounds }: { readonly before: Date; readonly signal: AbortSignal; readonly bounds: PurgeBounds },
): Promise<Purged> {
  const limit = bounds.portion ?? usual;
  let removed: Record<string, number> = Object.fromEntries([...tables, "subscriber"].map((table) => [table, 0]));
  let next: { readonly after: Place | undefined } | undefined = { after: undefined };
  while (next && total(removed) < bounds.most && !signal.aborted) {
    const { after } = next;
    const done = await inPortion(database, async (trx) => {
      const gone = await remove(trx, { before, after, limit });
      return { ...gone, subscriber: await removeForgotten(trx, gone.subscribers) };
    });
    if (!done) break;
    removed = sumOf([removed, done.removed, { subscriber: done.subscriber }]);
    next = done.next;
  }
  return { removed, isCutShort: next !== undefined };
}

/** undefined: somebody held for too long what it needs. */
async function inPortion<T>(
  database: Pick<Database, "transaction">,
  work: (trx: Transaction) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await database.transaction(async (trx) => {
      await Promise.all([limitWaits(trx, limits), planByIndex(trx)]);
      return await work(trx);
    });
  } catch (error) {
    if (isWaitLimit(error)) return undefined;
    throw error;
  }
}
