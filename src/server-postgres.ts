import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./database/embedded-postgres.ts";
import { type ServerLock, takeServerLock } from "./database/server-lock.ts";

export interface ServerPostgresOptions {
  readonly dataFolder: string;
  readonly log: Logger;
}

/** A server that is just stopping, or was just killed, gives up its database within this time. */
const WAIT_FOR_OTHER_MS = 3_000;
const WAIT_FOR_END_MS = 30_000;
const LOOK_EVERY_MS = 100;
/** Between it having ended and the next try to start it. */
const PAUSE_MS = { least: 100, most: 30_000 } as const;
/** One that ran as long as this is not one that ends at once each time. */
const STEADY_AFTER_MS = 60_000;

type HeldLock = Extract<ServerLock, { kind: "held" }>;

interface Owned {
  readonly postgres: EmbeddedPostgres;
  readonly lock: HeldLock;
}

/** The PostgreSQL of a data folder, and the right to call it ours. Rejects where another server has that. */
async function own(dataFolder: string, signal: AbortSignal): Promise<Owned> {
  const begun = performance.now();
  for (;;) {
    const postgres = await startEmbeddedPostgres({ dataFolder, signal });
    // It may be just ending, so that nothing can be asked of it.
    const lock = await takeServerLock(postgres.url).catch(() => undefined);
    const isOurs = lock?.kind === "held" || (lock === undefined && !postgres.wasRunning);
    if (signal.aborted && isOurs) await postgres.stop();
    if (lock?.kind === "held" && !signal.aborted) return { postgres, lock };
    if (lock?.kind === "held") await lock.release();
    postgres.leave();
    signal.throwIfAborted();
    const waitedMs = performance.now() - begun;
    if (lock?.kind === "taken" && waitedMs > WAIT_FOR_OTHER_MS) {
      const who = lock.pid === undefined ? "" : ` (process ${lock.pid})`;
      throw new Error(`another Weir server${who} runs on the data folder ${dataFolder}; set WEIR_DATA_DIR to another`);
    }
    if (waitedMs > WAIT_FOR_END_MS) throw new Error(`the database in ${dataFolder} ends as soon as it is started`);
    await delay(LOOK_EVERY_MS);
  }
}

/**
 * The embedded PostgreSQL of a server: one server on each data folder, which starts PostgreSQL again when it has ended, and
 * ends it with itself, also where it found it running, left by a server that was killed.
 */
export class ServerPostgres {
  readonly #options: ServerPostgresOptions;
  readonly #ending = new AbortController();
  #first: EmbeddedPostgres | undefined;
  #owned: Owned | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: ServerPostgresOptions) {
    this.#options = options;
  }

  /** Resolves with its URL, which stays the same. Rejects where another server runs on the folder. */
  async start(): Promise<string> {
    const starting = own(this.#options.dataFolder, this.#ending.signal);
    this.#work = starting.catch(() => undefined);
    this.#owned = await starting;
    this.#first = this.#owned.postgres;
    this.#work = this.#keepRunning().catch((error: unknown) => {
      if (!this.#ending.signal.aborted)
        this.#options.log.error({ err: error }, "the embedded PostgreSQL is on its own");
    });
    return this.#first.url;
  }

  /**
   * Ends it, also in the middle of a start. What does not end in `limitMs` (default 8 s) is ended hard, and loses nothing
   * that was committed. Called again, the shorter limit counts.
   */
  async stop(limitMs?: number): Promise<void> {
    this.#ending.abort();
    await this.#work;
    await this.#owned?.postgres.stop(limitMs);
    await this.#owned?.lock.release();
    this.#first?.leave();
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#ending;
    let pauseMs: number = PAUSE_MS.least;
    let upSince = performance.now();
    let told = "";
    for (;;) {
      await delay(LOOK_EVERY_MS, undefined, { signal });
      if (this.#owned?.lock.isHeld() && (await this.#owned.postgres.isRunning())) continue;
      if (this.#owned && performance.now() - upSince > STEADY_AFTER_MS) pauseMs = PAUSE_MS.least;
      if (this.#owned)
        this.#options.log.warn("the embedded PostgreSQL broke off; it is started again where it has ended");
      await this.#owned?.lock.release();
      this.#owned = undefined;
      await delay(pauseMs, undefined, { signal });
      pauseMs = Math.min(2 * pauseMs, PAUSE_MS.most);
      const failure = await this.#startAgain();
      if (failure === undefined) upSince = performance.now();
      // The same again and again is told once.
      else if (failure !== told)
        this.#options.log.error({ reason: failure }, "the embedded PostgreSQL does not start; it is tried again");
      told = failure ?? "";
    }
  }

  /** undefined: it runs. */
  async #startAgain(): Promise<string | undefined> {
    try {
      this.#owned = await own(this.#options.dataFolder, this.#ending.signal);
      // The pools go by the URL of the first start.
      this.#owned.postgres.leave();
      this.#options.log.warn("the embedded PostgreSQL runs again");
      return undefined;
    } catch (error) {
      this.#ending.signal.throwIfAborted();
      return error instanceof Error ? error.message : String(error);
    }
  }
}
