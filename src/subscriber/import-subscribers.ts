import type { Database, Transaction } from "../database/database.ts";
import type { ImportRow, ImportRowCode } from "./import-row.ts";
import { createSubscriberReader } from "./read-subscriber.ts";
import { retryingConflicts } from "./retry-conflict.ts";
import type { SubscriberInput } from "./subscriber.ts";
import type { PutResult } from "./subscriber-write-store.ts";
import { takenText } from "./username-plan.ts";

export interface RejectedRow {
  readonly row: number;
  readonly code: ImportRowCode;
  readonly detail: string;
}

/** `rejected` holds the first REJECTED_SHOWN of `rejectedCount`. */
export interface ImportSummary {
  readonly accepted: number;
  readonly created: number;
  readonly replaced: number;
  /** Accepted, but for a password that a regeneration withdrew. */
  readonly passwordsLeft: number;
  readonly rejectedCount: number;
  readonly rejected: readonly RejectedRow[];
}

export interface ImportDependencies {
  readonly database: Pick<Database, "transaction">;
  readonly put: (trx: Transaction, inputs: readonly SubscriberInput[]) => Promise<PutResult[]>;
  /** Told after each batch how many rows are done. */
  readonly onProgress?: (rows: number) => void;
}

const BATCH_ROWS = 1_000;
/** A file that is wrong throughout must not make an answer as large as itself. */
const REJECTED_SHOWN = 10_000;

interface Pending {
  readonly row: number;
  readonly input: SubscriberInput;
}

class Tally {
  readonly rejected: RejectedRow[] = [];
  readonly counts = { created: 0, replaced: 0, rejected: 0, passwordsLeft: 0 };

  reject(row: RejectedRow): void {
    this.counts.rejected += 1;
    if (this.rejected.length < REJECTED_SHOWN) this.rejected.push(row);
  }

  take({ row }: Pending, result: PutResult): void {
    if (result.kind !== "username-taken") {
      this.counts[result.kind] += 1;
      if (result.isPasswordLeft) this.counts.passwordsLeft += 1;
      return;
    }
    this.reject({ row, code: "username-taken", detail: takenText(result) });
  }

  summary(): ImportSummary {
    const { created, replaced, rejected, passwordsLeft } = this.counts;
    const byRow = this.rejected.sort((a, b) => a.row - b.row);
    const accepted = created + replaced;
    return { accepted, created, replaced, passwordsLeft, rejectedCount: rejected, rejected: byRow };
  }
}

/**
 * Puts each row as PUT would, a thousand in a transaction; a row that cannot be taken is left out and named. Whatever
 * breaks off, the batches before stay: the same file may be sent again.
 */
export async function importSubscribers(
  rows: AsyncIterable<ImportRow>,
  dependencies: ImportDependencies,
): Promise<ImportSummary> {
  const read = createSubscriberReader();
  const tally = new Tally();
  const write = async (batch: readonly Pending[], done: number): Promise<void> => {
    const inputs = batch.map(({ input }) => input);
    const results = await retryingConflicts(() =>
      dependencies.database.transaction((trx) => dependencies.put(trx, inputs)),
    );
    batch.forEach((pending, index) => {
      const result = results[index];
      if (result) tally.take(pending, result);
    });
    dependencies.onProgress?.(done);
  };
  let batch: Pending[] = [];
  // One batch is written while the next is read, and no more than that: the sender is slowed to what is stored.
  let writing: Promise<void> = Promise.resolve();
  for await (const item of rows) {
    const reading = "code" in item ? item : read(item.record);
    if ("code" in reading) tally.reject(reading);
    else if (reading.ok) batch.push({ row: item.row, input: reading.input });
    else tally.reject({ row: item.row, code: "invalid-row", detail: reading.detail });
    if (batch.length < BATCH_ROWS) continue;
    await writing;
    writing = write(batch, item.row);
    // Its failure is met at the next batch or at the end, not before.
    writing.catch(() => undefined);
    batch = [];
  }
  await writing;
  const last = batch.at(-1);
  if (last) await write(batch, last.row);
  return tally.summary();
}
