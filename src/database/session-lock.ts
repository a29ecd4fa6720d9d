import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";

/** A name that no other process on the same database has. */
export interface SessionLock {
  release(): Promise<void>;
}

export interface SessionLockOptions {
  readonly url: string;
  readonly name: string;
  /** How long to ask for it: who was killed a moment ago has it until PostgreSQL notices. */
  readonly patienceMs: number;
}

const ASK_EVERY_MS = 100;
/** After its connection was lost. */
const AGAIN_AFTER_MS = 500;

/** undefined: another process has it. Rejects where the database cannot be reached. */
async function tryLock({ url, name }: SessionLockOptions): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    application_name: "weir-session-lock",
  });
  // A lost connection is told by its end.
  client.on("error", () => undefined);
  const end = () => client.end().catch(() => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ locked: boolean }>(
      "select pg_try_advisory_lock(hashtext('weir_session'), hashtext($1)) as locked",
      [name],
    );
    if (rows[0]?.locked) return client;
    await end();
    return undefined;
  } catch (error) {
    await end();
    throw error;
  }
}

async function tryFor(options: SessionLockOptions): Promise<pg.Client | undefined> {
  const deadline = performance.now() + options.patienceMs;
  for (;;) {
    const client = await tryLock(options);
    if (client || performance.now() >= deadline) return client;
    await wait(ASK_EVERY_MS);
  }
}

/**
 * Takes a name on a connection that lasts as long: a process that is killed gives it back with that. A lost connection is
 * replaced, and the name taken again as soon as that can be. undefined: another process has it. Rejects where the database
 * cannot be reached.
 */
export async function takeSessionLock(options: SessionLockOptions): Promise<SessionLock | undefined> {
  let client = await tryFor(options);
  if (!client) return undefined;
  let isReleased = false;
  let timer: NodeJS.Timeout | undefined;
  const takeAgain = async (): Promise<void> => {
    client = await tryLock(options).catch(() => undefined);
    if (isReleased) await client?.end().catch(() => undefined);
    else if (client) keep(client);
    else later();
  };
  const later = () => {
    timer = setTimeout(() => void takeAgain(), AGAIN_AFTER_MS);
    timer.unref();
  };
  const keep = (held: pg.Client) => {
    held.on("end", () => {
      if (!isReleased) later();
    });
  };
  keep(client);
  return {
    release: async () => {
      isReleased = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
