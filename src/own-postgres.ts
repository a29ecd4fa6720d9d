import { setTimeout as delay } from "node:timers/promises";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./database/embedded-postgres.ts";
import { takeServerLock } from "./database/server-lock.ts";

/** The embedded PostgreSQL of a data folder, in use by us. */
export interface OwnPostgres {
  readonly url: string;
  /** Ends it where it is ours to end, and nobody else's server stands on it. */
  stop(): Promise<void>;
}

/** A server that is just stopping, or was just killed, gives up its database within this time. */
const WAIT_FOR_OTHER_MS = 3_000;
const LOOK_EVERY_MS = 100;

/** For a command: uses what runs; what it started itself it ends, unless a server has come to use it since. */
export async function borrowPostgres(dataFolder: string): Promise<OwnPostgres> {
  const postgres = await startEmbeddedPostgres({ dataFolder });
  const stop = async () => {
    if (postgres.wasRunning) return;
    const lock = await takeServerLock(postgres.url);
    if (lock.kind === "taken") return;
    await postgres.stop();
    await lock.release();
  };
  return { url: postgres.url, stop };
}

/** undefined: it is just ending, so that nothing can be asked of it. */
const lockOn = async ({ url }: EmbeddedPostgres) => await takeServerLock(url).catch(() => undefined);

/**
 * For the server: one on each data folder, which ends PostgreSQL with itself, also where it found it running, left by a
 * server that was killed. Rejects where another server runs on the folder.
 */
export async function ownPostgres(dataFolder: string): Promise<OwnPostgres> {
  const giveUpAt = Date.now() + WAIT_FOR_OTHER_MS;
  for (;;) {
    const postgres = await startEmbeddedPostgres({ dataFolder });
    const lock = await lockOn(postgres);
    if (lock?.kind === "held") {
      const stop = async () => {
        await postgres.stop();
        await lock.release();
      };
      return { url: postgres.url, stop };
    }
    if (lock !== undefined && Date.now() > giveUpAt) {
      const who = lock.pid === undefined ? "" : ` (process ${lock.pid})`;
      throw new Error(`another Weir server${who} runs on the data folder ${dataFolder}; set WEIR_DATA_DIR to another`);
    }
    await delay(LOOK_EVERY_MS);
  }
}
