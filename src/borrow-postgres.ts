import pg from "pg";
import { startEmbeddedPostgres } from "./database/embedded-postgres.ts";
import { withFolderLock } from "./database/folder-lock.ts";
import { takeServerLock } from "./database/server-lock.ts";

/** The embedded PostgreSQL of a data folder, in use by us. */
export interface BorrowedPostgres {
  readonly url: string;
  /** Ends it where nobody else uses it. */
  stop(): Promise<void>;
}

/** How long the end of a command waits for others that start or end just now. */
const END_LIMIT_MS = 10_000;
const GUEST = "weir-guest";

/**
 * For a command: uses what runs, or starts it. Each holds a connection as long as it needs the database: the last to leave
 * ends it, unless it is a server's.
 */
export async function borrowPostgres(dataFolder: string): Promise<BorrowedPostgres> {
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
  const endIfLast = async (): Promise<void> => {
    // Gone already, with its server: there is nothing to end.
    const isOurs = await isLast().catch(() => false);
    await guest?.end().catch(() => undefined);
    if (!isOurs) return;
    const lock = await takeServerLock(postgres.url);
    if (lock.kind === "taken") return;
    await postgres.stop();
    await lock.release();
  };
  const stop = async (): Promise<void> => {
    try {
      await withFolderLock(dataFolder, { limitMs: END_LIMIT_MS }, endIfLast);
    } finally {
      postgres.leave();
    }
  };
  return { url: postgres.url, stop };
}
