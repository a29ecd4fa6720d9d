/** Why a batch did not answer. `cause` of `failed` is what the query threw. */
export type BatchErrorCode = "queue-full" | "timeout" | "failed" | "stopped";

export class BatchError extends Error {
  readonly code: BatchErrorCode;
  constructor(code: BatchErrorCode, cause?: unknown) {
    super(`batched query: ${code}`, { cause });
    this.name = "BatchError";
    this.code = code;
  }
}

export interface BatchOptions<Key, Result> {
  /** Answers every key, in the order of the keys. */
  readonly run: (keys: readonly Key[]) => Promise<readonly Result[]>;
  readonly maxBatch: number;
  /** Waiting, not yet in a query. */
  readonly maxQueue: number;
  /** From `ask` to the answer, whatever the database does. */
  readonly maxWaitMs: number;
  /** Queries under way at once: the second keeps the database busy while the first one's answers are worked on. */
  readonly maxUnderWay: number;
}

interface Waiting<Key, Result> {
  readonly key: Key;
  readonly askedAt: number;
  isSettled: boolean;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: BatchError) => void;
}

/**
 * Turns single questions into few queries: what is asked while queries are under way shares the next one; alone, a
 * question is asked at once. An answer always comes from a query that began after its question, never from an older one.
 */
export class Batch<Key, Result> {
  readonly #options: BatchOptions<Key, Result>;
  #queue: Waiting<Key, Result>[] = [];
  /** Everything asked and maybe still unanswered, oldest first: one timer watches over all of it. */
  #asked: Waiting<Key, Result>[] = [];
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #isScheduled = false;
  #isStopped = false;

  constructor(options: BatchOptions<Key, Result>) {
    this.#options = options;
  }

  /** Rejects with BatchError only. */
  ask(key: Key): Promise<Result> {
    if (this.#isStopped) return Promise.reject(new BatchError("stopped"));
    if (this.#queue.length >= this.#options.maxQueue) return Promise.reject(new BatchError("queue-full"));
    return new Promise((resolve, reject) => {
      const waiting = { key, askedAt: performance.now(), isSettled: false, resolve, reject };
      this.#queue.push(waiting);
      this.#asked.push(waiting);
      this.#watch();
      this.#schedule();
    });
  }

  /** Fails what is unanswered; a query under way ends by itself, unheard. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const waiting of this.#asked) fail(waiting, new BatchError("stopped"));
    this.#queue = [];
    this.#asked = [];
  }

  /** Not in the same turn: datagrams that the socket hands over together share a query from the first one on. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#underWay >= this.#options.maxUnderWay || this.#queue.length === 0) return;
    this.#underWay++;
    const batch = this.#queue.splice(0, this.#options.maxBatch);
    void this.#run(batch);
    this.#startNext();
  }

  /** Never rejects: what failed is told to those who asked. */
  async #run(batch: readonly Waiting<Key, Result>[]): Promise<void> {
    try {
      const results = await this.#options.run(batch.map((waiting) => waiting.key));
      for (const [index, waiting] of batch.entries()) succeed(waiting, results[index] as Result);
    } catch (error) {
      for (const waiting of batch) fail(waiting, new BatchError("failed", error));
    }
    this.#underWay--;
    this.#startNext();
  }

  #watch(): void {
    if (this.#timer !== undefined) return;
    this.#asked = this.#asked.filter((waiting) => !waiting.isSettled);
    const [oldest] = this.#asked;
    if (!oldest) return;
    const dueInMs = oldest.askedAt + this.#options.maxWaitMs - performance.now();
    this.#timer = setTimeout(() => this.#expire(), Math.max(1, dueInMs));
  }

  #expire(): void {
    this.#timer = undefined;
    const expiredBefore = performance.now() - this.#options.maxWaitMs;
    for (const waiting of this.#asked) {
      if (waiting.askedAt > expiredBefore) break;
      fail(waiting, new BatchError("timeout"));
    }
    this.#queue = this.#queue.filter((waiting) => !waiting.isSettled);
    this.#watch();
  }
}

function succeed<Key, Result>(waiting: Waiting<Key, Result>, result: Result): void {
  if (waiting.isSettled) return;
  waiting.isSettled = true;
  waiting.resolve(result);
}

function fail<Key, Result>(waiting: Waiting<Key, Result>, error: BatchError): void {
  if (waiting.isSettled) return;
  waiting.isSettled = true;
  waiting.reject(error);
}
