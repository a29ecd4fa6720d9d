import pg from "pg";

/** PostgreSQL's advisory locks have numbers: this one is the ASCII of "weir". */
const SERVER_LOCK = 0x77656972;
const NAME = "weir-server-";

export type ServerLock =
  | {
      readonly kind: "held";
      /** False once its connection was lost, and with that the right. */
      isHeld(): boolean;
      release(): Promise<void>;
    }
  /** `pid`: of the server that holds it, as far as can be seen. */
  | { readonly kind: "taken"; readonly pid: number | undefined };

async function holder(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ name: string }>(
    `select activity.application_name as name from pg_locks join pg_stat_activity as activity on activity.pid = pg_locks.pid
     where pg_locks.locktype = 'advisory' and pg_locks.granted and pg_locks.objid = $1 and activity.application_name like $2`,
    [SERVER_LOCK, `${NAME}%`],
  );
  return Number(rows[0]?.name.slice(NAME.length)) || undefined;
}

/**
 * The right to call a database one's own, on a connection that lasts as long: a server that is killed gives it back with
 * that. Rejects where the database cannot be reached.
 */
export async function takeServerLock(url: string): Promise<ServerLock> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    application_name: `${NAME}${process.pid}`,
  });
  // The database ends before the one who holds the lock: what comes of the connection then is of no interest.
  client.on("error", () => undefined);
  let isConnected = true;
  client.on("end", () => {
    isConnected = false;
  });
  await client.connect();
  const release = async () => await client.end().catch(() => undefined);
  try {
    const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [SERVER_LOCK]);
    if (rows[0]?.held) return { kind: "held", isHeld: () => isConnected, release };
    const pid = await holder(client);
    await release();
    return { kind: "taken", pid };
  } catch (error) {
    await release();
    throw error;
  }
}
