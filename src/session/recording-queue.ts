import type { AccountingEvent, NasRestart } from "./accounting-event.ts";
import { SessionError } from "./session-error.ts";

type Work = { readonly event: AccountingEvent } | { readonly restart: NasRestart };

type Waiting = Work & {
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export interface RecordingQueueOptions {
  readonly maxBatch: number;
  readonly maxQueue: number;
  readonly maxWaitMs: number;
  readonly now: () => Date;
  /** For each event, why it could not be recorded; undefined: it is. Never rejects. */
  readonly recordAll: (events: readonly AccountingEvent[]) => Promise<readonly (SessionError | undefined)[]>;
  /** Resolves when later records may go on; `rest` when all of it is done. */
  readonly restart: (restart: NasRestart) => Promise<{ readonly rest: Promise<void> }>;
}

/** Records and restarts in the order in which they came, handed on in batches, one after another. */
export class RecordingQueue {
  readonly #options: RecordingQueueOptions;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  readonly #rests = new Set<Promise<void>>();
  #isStopped = false;

  constructor(options: RecordingQueueOptions) {
    this.#options = options;
  }

  add(work: Work): Promise<void> {
    if (this.#isStopped) return Promise.reject(new SessionError("stopped"));
    if (this.#waiting.length >= this.#options.maxQueue) return Promise.reject(new SessionError("queue-full"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ ...work, since: this.#options.now().getTime(), resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await Promise.allSettled(this.#rests);
  }

  async #run(): Promise<void> {
    // Datagrams that the socket hands over in one turn share the first batch.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      this.#dropLate();
      const first = this.#waiting[0];
      if (first === undefined) break;
      if ("restart" in first) await this.#restart(first.restart);
      else await this.#recordBatch();
    }
    this.#running = undefined;
  }

  #dropLate(): void {
    const oldest = this.#options.now().getTime() - this.#options.maxWaitMs;
    const firstInTime = this.#waiting.findIndex(({ since }) => since >= oldest);
    const late = this.#waiting.splice(0, firstInTime === -1 ? this.#waiting.length : firstInTime);
    for (const { reject } of late) reject(new SessionError("too-late"));
  }

  async #restart(restart: NasRestart): Promise<void> {
    const [item] = this.#waiting.splice(0, 1);
    try {
      const { rest } = await this.#options.restart(restart);
      const done = rest.then(item?.resolve, item?.reject).finally(() => this.#rests.delete(done));
      this.#rests.add(done);
    } catch (error) {
      item?.reject(error);
    }
  }

  async #recordBatch(): Promise<void> {
    const nextRestart = this.#waiting.findIndex((item) => "restart" in item);
    const size = Math.min(nextRestart === -1 ? this.#waiting.length : nextRestart, this.#options.maxBatch);
    const batch = this.#waiting.splice(0, size);
    const failures = await this.#options.recordAll(batch.flatMap((item) => ("event" in item ? [item.event] : [])));
    for (const [index, item] of batch.entries()) {
      const failure = failures[index];
      if (failure === undefined) item.resolve();
      else item.reject(failure);
    }
  }
}
