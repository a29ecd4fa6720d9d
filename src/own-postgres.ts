import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./database/embedded-postgres.ts";
import { withFolderLock } from "./database/folder-lock.ts";
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

/** How long the end of a command waits for others that start or end just now. */
const END_LIMIT_MS = 10_000;
const GUEST = "weir-guest";

/**
 * For a command: uses what runs, or starts it. Each holds a connection as long as it needs the database: the last to leave
 * ends it, unless it is a server's.
 */
export async function borrowPostgres(dataFolder: string): Promise<OwnPostgres> {
  let guest: pg.Client | undefined;
  const whenUp = async (url: string) => {
    guest = new pg.Client({ connectionString: url, application_name: GUEST });
    guest.on("error", () => undefined);
    await guest.connect();
  };
  const postgres = await startEmbeddedPostgres({ dataFolder, whenUp });
  const isLast = async (): Promise<boolean> => {
    const others = await guest?.query(
      "select from pg_stat_activity where application_name = $1 and pid <> pg_backend_pid() limit 1",
      [GUEST],
    );
    return others?.rowCount === 0;
  };
  const leave = async (): Promise<void> => {
    // Gone already, with its server: there is nothing to end.
    const isOurs = await isLast().catch(() => false);
    await guest?.end().catch(() => undefined);
    if (!isOurs) return;
    const lock = await takeServerLock(postgres.url);
    if (lock.kind === "taken") return;
    await postgres.stop();
    await lock.release();
  };
  return { url: postgres.url, stop: () => withFolderLock(dataFolder, END_LIMIT_MS, leave) };
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
