/** Turns single writes into few: what comes while one is under way shares the next one; alone, it is written at once. */
export interface BatchWriter<Item, Result> {
  /** Resolves once written; rejects with what `write` threw. */
  add(item: Item): Promise<Result>;
  /** Resolves when nothing waits and nothing is being written. */
  idle(): Promise<void>;
}

export interface BatchWriterOptions<Item, Result> {
  /** Answers every item, in the order of the items. All or nothing. */
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly maxBatch: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** PostgreSQL's classes of errors that lie in the values, not in the connection: one item must not fail the others. */
export const isAboutValues = (error: unknown): boolean => /^2[23]/.test(String((error as { code?: unknown }).code));

export function createBatchWriter<Item, Result>(options: BatchWriterOptions<Item, Result>): BatchWriter<Item, Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let running: Promise<void> | undefined;

  const writeAll = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await options.write(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      if (batch.length > 1 && isAboutValues(error)) for (const single of batch) await writeAll([single]);
      else for (const { reject } of batch) reject(error);
    }
  };
  const run = async (): Promise<void> => {
    // Not in the same turn: what one turn of the event loop brings shares the first write already.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) await writeAll(waiting.splice(0, options.maxBatch));
    running = undefined;
  };
  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        running ??= run();
      }),
    idle: async () => {
      while (running) await running;
    },
  };
}
