import knexFactory, { type Knex } from "knex";
import pg from "pg";
import { arrayText } from "./array-text.ts";
import { retryingDeadlocks } from "./retrying-deadlocks.ts";
import { TurnSocket } from "./turn-socket.ts";

/** Anything that runs one statement with $1-style parameters: the pool, or a transaction. Rows are plain objects. */
export interface Queryable {
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/**
 * A transaction under way. The brand keeps a pool from being passed where atomicity is needed. Statements asked for without
 * waiting for each other go out together and are carried out in the order in which they were asked for.
 */
export interface Transaction extends Queryable {
  readonly isTransaction: true;
}

export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction (READ COMMITTED); commits when it resolves, rolls back and rethrows when it rejects.
   * One that PostgreSQL ended as a deadlock is run again from the start, a few times: `work` must do nothing that the
   * rollback does not undo. A statement's failure is the transaction's, also where `work` says nothing of it.
   */
  transaction<T>(work: (trx: Transaction) => Promise<T>): Promise<T>;
  /** Runs a statement that knex built, on the given transaction or on the pool. */
  run<Row>(builder: Knex.QueryBuilder, on?: Queryable): Promise<Row[]>;
  /** knex as a statement builder only: it holds no connection of its own. */
  readonly build: Knex;
  /** Calls `heard` for each NOTIFY on `channel`, over a connection of its own that reconnects; returns how to stop. */
  listen(channel: string, heard: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly maxConnections: number;
  /**
   * For work that is look-ups by index and nothing else, over and over: each statement is prepared once, and its plan kept
   * and made of indexes, whatever the tables' statistics say. On a new installation, or after an import, they say nothing
   * yet, and PostgreSQL would read whole tables for each batch.
   */
  readonly keepsIndexPlans?: boolean;
  /** 0 to 1: spreads transactions that are run again. Default: Math.random. */
  readonly random?: () => number;
  /** Told of errors on idle connections and of lost LISTEN connections: they heal by themselves. */
  readonly onConnectionError: (error: Error) => void;
}

const RECONNECT_AFTER_MS = 500;

const indexPlans = `set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off;
  set enable_mergejoin = off`;

/** The name under which a statement is prepared; undefined: it is not. */
type NameOf = (sql: string) => string | undefined;

const MOST_PREPARED = 200;

function statementNames(): NameOf {
  const names = new Map<string, string>();
  return (sql) => {
    const known = names.get(sql);
    // The code has a few dozen statements: more would mean that one is put together from values.
    if (known !== undefined || names.size >= MOST_PREPARED) return known;
    const name = `weir_${names.size}`;
    names.set(sql, name);
    return name;
  };
}

const parameter = (value: unknown): unknown => (Array.isArray(value) ? (arrayText(value) ?? value) : value);

/**
 * Called back, not promised: pg would put its promise's callback into a query that is made already, and V8's young
 * collections then keep each dead query alive through the one before it, which makes them pauses of 10 ms and more.
 */
const answerOf = (client: pg.PoolClient, query: pg.QueryConfig): Promise<pg.QueryResult> =>
  new Promise((resolve, reject) => {
    client.query(new pg.Query(query, (error, result) => (error ? reject(error) : resolve(result))));
  });

const queryableOn = (client: pg.PoolClient, nameOf: NameOf): Queryable => ({
  query: async <Row>(sql: string, values: readonly unknown[] = []) => {
    const name = nameOf(sql);
    const query = { text: sql, values: values.map(parameter), ...(name !== undefined && { name }) };
    try {
      return (await answerOf(client, query)).rows as Row[];
    } catch (error) {
      // It was made where the connection was read: what helps is who asked.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    }
  },
});

/** A table has got another column since the statement was prepared: the connection's plans are of no use any more. */
const isOutdatedPlan = (error: unknown): boolean => (error as { code?: unknown }).code === "0A000";

/** PostgreSQL ends the connection with it. */
const isFatal = ({ severity }: pg.DatabaseError): boolean => severity === "FATAL" || severity === "PANIC";

/** Single statements, each on whatever connection is free. */
const onAnyConnection = (pool: pg.Pool, nameOf: NameOf): Queryable => ({
  query: async <Row>(sql: string, values?: readonly unknown[]) => {
    const client = await pool.connect();
    let isBroken = false;
    try {
      return await queryableOn(client, nameOf).query<Row>(sql, values);
    } catch (error) {
      isBroken = isOutdatedPlan(error) || !(error instanceof pg.DatabaseError) || isFatal(error);
      throw error;
    } finally {
      client.release(isBroken);
    }
  },
});

async function inTransaction<T>(
  { pool, nameOf }: { readonly pool: pg.Pool; readonly nameOf: NameOf },
  work: (trx: Transaction) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  const { query } = queryableOn(client, nameOf);
  let isOver = false;
  let first: { readonly error: unknown } | undefined;
  // Of statements sent side by side one may fail: those behind it fail because of it, and which of them is told first
  // depends on who awaits it. And what awaited another goes on: not on this connection any more.
  const whileUnderWay = async <Row>(sql: string, values?: readonly unknown[]): Promise<Row[]> => {
    if (isOver) throw new Error("the transaction is over");
    try {
      return await query<Row>(sql, values);
    } catch (error) {
      first ??= { error };
      throw error;
    }
  };
  let isBroken = false;
  try {
    // Said each time, since a server may have another default: who waited for a lock relies on seeing what was committed.
    await answerOf(client, { text: "begin isolation level read committed" });
    const result = await work({ query: whileUnderWay, isTransaction: true });
    isOver = true;
    // PostgreSQL would take a COMMIT for a ROLLBACK, and call it done.
    if (first) throw first.error;
    await answerOf(client, { text: "commit" });
    return result;
  } catch (thrown) {
    isOver = true;
    const error = first && thrown instanceof pg.DatabaseError ? first.error : thrown;
    isBroken = isOutdatedPlan(error);
    await answerOf(client, { text: "rollback" }).catch(() => {
      isBroken = true;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}

/** A connection that only listens: kept open, opened again when lost, until stopped. */
function startListening(options: DatabaseOptions, channel: string, heard: (payload: string) => void) {
  let client: pg.Client | undefined;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  const connect = async (): Promise<void> => {
    if (isStopped) return;
    const next = new pg.Client({ connectionString: options.url, application_name: `weir-listen-${channel}` });
    client = next;
    const lost = (error: Error) => {
      if (isStopped || client !== next) return;
      client = undefined;
      options.onConnectionError(error);
      next.end().catch(() => undefined);
      timer = setTimeout(() => {
        // What was notified meanwhile is unknown, so the listener is told to look.
        connect().then(() => heard(""), lost);
      }, RECONNECT_AFTER_MS);
    };
    next.on("error", lost);
    next.on("end", () => lost(new Error("listening connection ended")));
    next.on("notification", (message) => heard(message.payload ?? ""));
    await next.connect();
    await next.query(`listen ${pg.escapeIdentifier(channel)}`);
  };
  const stop = async () => {
    isStopped = true;
    clearTimeout(timer);
    await client?.end().catch(() => undefined);
  };
  return { connected: connect(), stop };
}

/** Opens a pool on a PostgreSQL URL. bigint arrives as a string, timestamptz as a Date, inet and cidr as text. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections,
    pipeline: true,
    stream: () => new TurnSocket(),
    connectionTimeoutMillis: 5_000,
    // A connection that keeps plans is kept: the next one would have to make them again, while somebody waits.
    ...(options.keepsIndexPlans && { idleTimeoutMillis: 0 }),
    application_name: "weir",
  });
  let isClosing = false;
  // pg's pool does not wait for its connections to end: one that PostgreSQL is quicker to end was not lost.
  pool.on("error", (error) => {
    if (!isClosing) options.onConnectionError(error);
  });
  // The pool listens to idle connections only: one lost between two statements of a transaction would end the process.
  // The next statement says what happened.
  pool.on("connect", (client) => {
    client.on("error", () => undefined);
    // Goes ahead of the first statement; if it fails, so will that.
    if (options.keepsIndexPlans) client.query(indexPlans).catch(() => undefined);
  });
  const build = knexFactory({ client: "pg" });
  const nameOf = options.keepsIndexPlans ? statementNames() : () => undefined;
  const onPool = onAnyConnection(pool, nameOf);
  return {
    ...onPool,
    build,
    transaction: (work) =>
      retryingDeadlocks(() => inTransaction({ pool, nameOf }, work), options.random ?? Math.random),
    run: async <Row>(builder: Knex.QueryBuilder, on: Queryable = onPool) => {
      const { sql, bindings } = builder.toSQL().toNative();
      return await on.query<Row>(sql, bindings as unknown[]);
    },
    listen: async (channel, heard) => {
      const listening = startListening(options, channel, heard);
      await listening.connected;
      return listening.stop;
    },
    close: async () => {
      isClosing = true;
      await build.destroy();
      await pool.end();
    },
  };
}
