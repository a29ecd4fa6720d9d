import type { AccountingEvent, NasRestart } from "./accounting-event.ts";
import { SessionError } from "./session-error.ts";
import { keyText } from "./take-batch.ts";

type Work = { readonly event: AccountingEvent } | { readonly restart: NasRestart };

interface Promised {
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type WaitingEvent = Promised & { readonly event: AccountingEvent; readonly key: string };
type WaitingRestart = Promised & { readonly restart: NasRestart };
type Waiting = WaitingEvent | WaitingRestart;

export interface RecordingQueueOptions {
  readonly maxBatch: number;
  readonly maxQueue: number;
  readonly maxWaitMs: number;
  /** Batches under way at once: while PostgreSQL commits one, the other's records are read and its answers sent. */
  readonly maxUnderWay: number;
  readonly now: () => Date;
  /** For each event, why it could not be recorded; undefined: it is. Never rejects. */
  readonly recordAll: (events: readonly AccountingEvent[]) => Promise<readonly (SessionError | undefined)[]>;
  /** Resolves when later records may go on; `rest` when all of it is done. */
  readonly restart: (restart: NasRestart) => Promise<{ readonly rest: Promise<void> }>;
}

/**
 * Hands records on in batches, as large as the load asks for. The records of one session keep their order, and a restart
 * keeps its place among all; otherwise sessions do not wait for each other.
 */
export class RecordingQueue {
  readonly #options: RecordingQueueOptions;
  #waiting: Waiting[] = [];
  /** Sessions in batches under way: their next records wait. */
  readonly #busy = new Set<string>();
  #underWay = 0;
  #newestSize = 0;
  #isRestarting = false;
  #isScheduled = false;
  #idle: PromiseWithResolvers<void> | undefined;
  readonly #rests = new Set<Promise<void>>();
  #isStopped = false;

  constructor(options: RecordingQueueOptions) {
    this.#options = options;
  }

  add(work: Work): Promise<void> {
    if (this.#isStopped) return Promise.reject(new SessionError("stopped"));
    if (this.#waiting.length >= this.#options.maxQueue) return Promise.reject(new SessionError("queue-full"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const promised = { since: this.#options.now().getTime(), resolve, reject };
    this.#waiting.push("event" in work ? { ...work, ...promised, key: keyText(work.event) } : { ...work, ...promised });
    this.#schedule();
    return promise;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#isRestarting || this.#underWay > 0 || this.#waiting.length > 0) {
      this.#idle = Promise.withResolvers();
      await this.#idle.promise;
    }
    await Promise.allSettled(this.#rests);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Datagrams that the socket hands over in one turn share a batch.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#isRestarting) return;
    this.#dropLate();
    const [first] = this.#waiting;
    if (first === undefined) {
      if (this.#underWay === 0) this.#idle?.resolve();
    } else if ("restart" in first) {
      if (this.#underWay === 0) void this.#restart(first);
    } else if (this.#isWorthStarting()) {
      const batch = this.#takeBatch();
      if (batch.length > 0) void this.#record(batch);
    }
  }

  /** Beside one under way only a batch of at least half its size: many small ones would cost more than they bring. */
  #isWorthStarting(): boolean {
    if (this.#underWay === 0) return true;
    return this.#underWay < this.#options.maxUnderWay && 2 * this.#waiting.length >= this.#newestSize;
  }

  #dropLate(): void {
    const oldest = this.#options.now().getTime() - this.#options.maxWaitMs;
    const firstInTime = this.#waiting.findIndex(({ since }) => since >= oldest);
    const late = this.#waiting.splice(0, firstInTime === -1 ? this.#waiting.length : firstInTime);
    for (const { reject } of late) reject(new SessionError("too-late"));
  }

  async #restart(item: WaitingRestart): Promise<void> {
    this.#isRestarting = true;
    this.#waiting.shift();
    try {
      const { rest } = await this.#options.restart(item.restart);
      const done = rest.then(item.resolve, item.reject).finally(() => this.#rests.delete(done));
      this.#rests.add(done);
    } catch (error) {
      item.reject(error);
    }
    this.#isRestarting = false;
    this.#startNext();
  }

  /** The oldest records up to the next restart, without those whose session is under way. */
  #takeBatch(): WaitingEvent[] {
    const batch: WaitingEvent[] = [];
    const left: Waiting[] = [];
    let isOver = false;
    for (const item of this.#waiting) {
      isOver ||= "restart" in item || batch.length === this.#options.maxBatch;
      if (isOver || "restart" in item || this.#busy.has(item.key)) left.push(item);
      else batch.push(item);
    }
    this.#waiting = left;
    return batch;
  }

  async #record(batch: readonly WaitingEvent[]): Promise<void> {
    this.#underWay++;
    this.#newestSize = batch.length;
    for (const { key } of batch) this.#busy.add(key);
    const failures = await this.#options.recordAll(batch.map(({ event }) => event));
    for (const { key } of batch) this.#busy.delete(key);
    for (const [index, item] of batch.entries()) {
      const failure = failures[index];
      if (failure === undefined) item.resolve();
      else item.reject(failure);
    }
    this.#underWay--;
    this.#startNext();
  }
}
