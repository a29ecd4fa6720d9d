import { join } from "node:path";
import type { Logger } from "pino";
import { Gauge, Registry } from "prom-client";
import { borrowPostgres } from "./borrow-postgres.ts";
import type { Config } from "./config/config.ts";
import { connectionFault } from "./database/connection-fault.ts";
import { type Database, openDatabase } from "./database/database.ts";
import { migrate } from "./database/migrate.ts";
import type { Dictionary } from "./dictionary/dictionary.ts";
import { loadDictionary } from "./dictionary/load-dictionary.ts";
import { createNasDirectory, type NasDirectory } from "./nas/nas-directory.ts";
import { createKeyRing, type KeyRing } from "./secrets/key-ring.ts";
import { storedKey } from "./secrets/stored-key.ts";
import type { ServerPostgres } from "./server-postgres.ts";

/** What every process of Weir stands on, with or without listeners: the server, its RADIUS workers, the commands. */
export interface Core {
  readonly config: Config;
  readonly log: Logger;
  readonly now: () => Date;
  /** Of the database in use, also when it is the embedded one: for worker processes. */
  readonly databaseUrl: string;
  readonly database: Database;
  /** Another pool, for work that asks the same of the same indexes over and over. Closed with the core. */
  openHotDatabase(maxConnections: number): Database;
  readonly keyRing: KeyRing;
  readonly dictionary: Dictionary;
  readonly nasDirectory: NasDirectory;
  readonly metrics: Registry;
  /** Closes what was opened; an embedded PostgreSQL that somebody else had started is left running. */
  close(): Promise<void>;
}

export interface CoreOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly maxConnections: number;
  /** The server's, for its data folder, used unless another database is configured; absent: this is no server. */
  readonly serverPostgres?: ServerPostgres;
  /** Aborted: not wanted any more. The opening rejects, and what was opened is closed. */
  readonly signal?: AbortSignal;
}

/** Runs each in turn, the last opened first, and goes on when one fails. */
async function closeAll(log: Logger, closers: readonly (() => Promise<void>)[]): Promise<void> {
  for (const close of [...closers].reverse()) {
    await close().catch((error: unknown) => log.error({ err: error }, "closing failed"));
  }
}

/** Making a database takes seconds, which who has asked us to end need not wait for. */
async function startedUnless(signal: AbortSignal | undefined, postgres: ServerPostgres): Promise<string> {
  const giveUp = () => void postgres.stop().catch(() => undefined);
  signal?.addEventListener("abort", giveUp);
  try {
    return await postgres.start();
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

async function databaseUrlFor(options: CoreOptions, closers: (() => Promise<void>)[]): Promise<string> {
  const { config } = options;
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  const own = options.serverPostgres;
  if (own) {
    closers.push(() => own.stop());
    return await startedUnless(options.signal, own);
  }
  const postgres = await borrowPostgres(config.dataDir);
  closers.push(postgres.stop);
  return postgres.url;
}

async function secretKeys(config: Config): Promise<readonly [string, ...string[]]> {
  return config.secretKeys ?? [(await storedKey(join(config.dataDir, "secret-key"))).text];
}

/** Says when other NASes than before cannot be known, and how many they are. */
function tellUnreadable({ log, serverPostgres }: CoreOptions, metrics: Registry): (ids: readonly string[]) => void {
  const unreadable = new Gauge({
    name: "weir_nas_unreadable",
    help: "NASes whose secret no key of this node opens: their packets are dropped as unknown",
    // The server's workers read the same rows, and say nothing that it says itself.
    registers: serverPostgres ? [metrics] : [],
  });
  let told = "";
  return (ids) => {
    unreadable.set(ids.length);
    if (ids.join() === told) return;
    told = ids.join();
    if (ids.length > 0) log.error({ nas: ids }, "secrets of NASes cannot be opened with the keys of WEIR_SECRET_KEY");
  };
}

/** Opens database (embedded unless configured), brings the schema up to date, and loads what all processes share. */
export async function openCore(options: CoreOptions): Promise<Core> {
  const { config, log } = options;
  const now = () => new Date();
  const closers: (() => Promise<void>)[] = [];
  try {
    const databaseUrl = await databaseUrlFor(options, closers);
    const applied = await migrate(databaseUrl);
    if (applied.length > 0) log.info({ applied }, "schema brought up to date");
    const open = (maxConnections: number, keepsIndexPlans: boolean): Database => {
      const opened = openDatabase({
        url: databaseUrl,
        maxConnections,
        keepsIndexPlans,
        onConnectionError: (error) =>
          log.warn(connectionFault(error), "a database connection was lost; another is opened when needed"),
      });
      closers.push(opened.close);
      return opened;
    };
    const database = open(options.maxConnections, false);
    const keyRing = createKeyRing(await secretKeys(config));
    const metrics = new Registry();
    const nasDirectory = await createNasDirectory({
      database,
      keyRing,
      now,
      onRefreshError: (error) =>
        log.warn({ err: error }, "the list of NASes could not be read again; the old one stays in use"),
      onUnreadable: tellUnreadable(options, metrics),
    });
    closers.push(nasDirectory.stop);
    const dictionary = await loadDictionary();
    const close = () => closeAll(log, closers);
    return {
      config,
      log,
      now,
      databaseUrl,
      database,
      openHotDatabase: (maxConnections) => open(maxConnections, true),
      keyRing,
      dictionary,
      nasDirectory,
      metrics,
      close,
    };
  } catch (error) {
    await closeAll(log, closers);
    throw error;
  }
}
