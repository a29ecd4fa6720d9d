import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { storedKey } from "../secrets/stored-key.ts";
import { type EmbeddedLocation, embeddedLocation } from "./embedded-location.ts";
import { withFolderLock } from "./folder-lock.ts";
import { initialiseCluster } from "./initialise-cluster.ts";
import { makeOwnFolder } from "./own-folder.ts";
import { postgresBinaries } from "./postgres-binaries.ts";
import { isRunning, type Postmaster, runningPostmaster, startPostmaster, stopPostmaster } from "./postmaster.ts";
import { openSocketFolder } from "./socket-folder.ts";

/** A PostgreSQL of our own, for one data folder. */
export interface EmbeddedPostgres {
  /** The same at every start. */
  readonly url: string;
  /** True when it was running already: left by a server that was killed, or used by one that is alive. */
  readonly wasRunning: boolean;
  isRunning(): Promise<boolean>;
  /** Fast shutdown; immediate after `limitMs` (default 8 s). Called again, the shorter limit counts. */
  stop(limitMs?: number): Promise<void>;
  /** It goes on, and its URL is of no more use to us. */
  leave(): void;
}

export interface EmbeddedPostgresOptions {
  readonly dataFolder: string;
  /** Further settings, each as "name=value". */
  readonly settings?: readonly string[];
  /** Done once it accepts connections, and before anybody else may start or end it. */
  readonly whenUp?: (url: string) => Promise<void>;
  /** Aborted: not wanted any more. What was started is ended, and the start rejects. */
  readonly signal?: AbortSignal;
}

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;
const RETRY_START_MS = 5_000;
const RETRY_EVERY_MS = 200;
const POLL_MS = 20;
const USER = "weir";
/** It is in the socket's name, and nothing listens on it. */
const PORT = 5432;

/**
 * Durability is PostgreSQL's default (fsync, synchronous_commit on). Only a Unix socket, in the cluster's own folder, which
 * PostgreSQL keeps from everybody but its user: on a port of loopback any user could wait for it to end and take its place,
 * and a client gives its password in plain text to a server that asks for it so. The name is relative to the folder.
 */
const ownSettings = [
  "listen_addresses=",
  "unix_socket_directories=.",
  `port=${PORT}`,
  "max_connections=200",
  "shared_buffers=256MB",
  "max_wal_size=2GB",
  "logging_collector=on",
  "log_directory=log",
  "log_filename=postgresql-%a.log",
  "log_truncate_on_rotation=on",
  "log_rotation_age=1d",
  "log_rotation_size=100MB",
] as const;

async function acceptsConnections(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A start under way. */
interface Start {
  readonly location: EmbeddedLocation;
  readonly url: string;
  readonly settings: readonly string[];
  readonly giveUpAt: number;
  readonly signal: AbortSignal | undefined;
}

/** Resolves with what it ended with where it ends before it accepts connections. */
async function startOnce(program: string, start: Start): Promise<Postmaster | number | NodeJS.Signals> {
  const postmaster = await startPostmaster(program, start.location, start.settings);
  try {
    while (!(await acceptsConnections(start.url))) {
      const outcome = postmaster.outcome();
      if (outcome !== undefined) return outcome;
      if (Date.now() > start.giveUpAt) throw new Error("PostgreSQL did not start in time");
      await delay(POLL_MS);
      start.signal?.throwIfAborted();
    }
    start.signal?.throwIfAborted();
    return postmaster;
  } catch (error) {
    // Nothing is to be lost in one that has accepted nothing.
    await stopPostmaster(postmaster, 0);
    throw error;
  }
}

/** Where the old postmaster was killed, its last processes may still hold the cluster: again then. */
async function startNew(program: string, start: Start): Promise<Postmaster> {
  const tryUntil = Date.now() + RETRY_START_MS;
  for (;;) {
    start.signal?.throwIfAborted();
    const started = await startOnce(program, start);
    if (typeof started === "object") return started;
    if (Date.now() > tryUntil) throw new Error(`PostgreSQL ended with ${started}: see ${start.location.cluster}/log`);
    await delay(RETRY_EVERY_MS);
  }
}

/** The one that runs, once it accepts connections; undefined: none does, or not any more. */
async function takeOver({ location, url, giveUpAt, signal }: Start): Promise<Postmaster | undefined> {
  for (;;) {
    const postmaster = await runningPostmaster(location);
    if (!postmaster || (await acceptsConnections(url))) return postmaster;
    if (Date.now() > giveUpAt) throw new Error(`PostgreSQL (pid ${postmaster.pid}) runs but accepts no connection`);
    await delay(POLL_MS);
    signal?.throwIfAborted();
  }
}

interface ReadyCluster {
  readonly location: EmbeddedLocation;
  readonly password: string;
}

/** The cluster, made where there is none yet. */
async function readyCluster({ dataFolder, signal }: EmbeddedPostgresOptions): Promise<ReadyCluster> {
  const location = await embeddedLocation(dataFolder);
  const { text: password } = await storedKey(join(dataFolder, "postgres-password"));
  const isInitialised = await access(join(location.cluster, "PG_VERSION")).then(
    () => true,
    () => false,
  );
  if (!isInitialised) {
    const { initdb } = await postgresBinaries(location.binariesCopy);
    await initialiseCluster({ initdb, location, user: USER, password, ...(signal && { signal }) });
  }
  return { location, password };
}

async function startAlone(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { location, password } = await readyCluster(options);
  const folder = openSocketFolder(location.cluster);
  try {
    const start: Start = {
      location,
      url: `postgres://${USER}:${password}@${encodeURIComponent(folder.name)}:${PORT}/postgres`,
      settings: [...ownSettings, ...(options.settings ?? [])],
      giveUpAt: Date.now() + START_LIMIT_MS,
      signal: options.signal,
    };
    const found = await takeOver(start);
    const postmaster = found ?? (await startNew((await postgresBinaries(location.binariesCopy)).postgres, start));
    return {
      url: start.url,
      wasRunning: found !== undefined,
      isRunning: () => isRunning(postmaster),
      stop: async (limitMs = STOP_LIMIT_MS) => {
        await stopPostmaster(postmaster, limitMs);
        folder.close();
      },
      leave: folder.close,
    };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/**
 * Starts the PostgreSQL of a data folder, or takes over the one that runs there already: one that was left by a killed
 * server is used as it is, one that is just ending is waited for, and so is another process that is just starting it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataFolder = resolve(options.dataFolder);
  await makeOwnFolder(dataFolder);
  const limits = { limitMs: START_LIMIT_MS, ...(options.signal && { signal: options.signal }) };
  return await withFolderLock(dataFolder, limits, async () => {
    const postgres = await startAlone({ ...options, dataFolder });
    try {
      await options.whenUp?.(postgres.url);
    } catch (error) {
      if (postgres.wasRunning) postgres.leave();
      else await postgres.stop();
      throw error;
    }
    return postgres;
  });
}
