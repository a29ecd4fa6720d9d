import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type EmbeddedLocation, embeddedLocation } from "./embedded-location.ts";
import { withFolderLock } from "./folder-lock.ts";
import { initialiseCluster } from "./initialise-cluster.ts";
import { type PostgresBinaries, postgresBinaries } from "./postgres-binaries.ts";

/** A PostgreSQL of our own, for one data folder. */
export interface EmbeddedPostgres {
  readonly url: string;
  /** True when it was running already: left by a server that was killed, or used by one that is alive. */
  readonly wasRunning: boolean;
  /** Fast shutdown; immediate after 8 s. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataFolder: string;
  /** Further settings, each as "name=value". */
  readonly settings?: readonly string[];
  /** Done once it accepts connections, and before anybody else may start or end it. */
  readonly whenUp?: (url: string) => Promise<void>;
}

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 8_000;
const RETRY_START_MS = 5_000;
const POLL_MS = 20;
const USER = "weir";

/** Durability is PostgreSQL's default (fsync, synchronous_commit on). Only loopback, no Unix socket. */
const settings = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
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

interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** Reads postmaster.pid: its lines are pid, data folder, start time, port, socket folder, address, shared memory, status. */
async function runningPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(join(cluster, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!pid || !port || !isAlive(pid)) return undefined;
  // A process id may have been given to something else since: only a postgres counts.
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "postgres");
  return commandLine.includes("postgres") ? { pid, port } : undefined;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

async function clusterPassword(dataFolder: string): Promise<string> {
  const file = join(dataFolder, "postgres-password");
  const known = await readFile(file, "utf8").catch(() => undefined);
  if (known) return known.trim();
  const password = randomBytes(24).toString("base64url");
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}

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

function startPostmaster(
  binaries: PostgresBinaries,
  location: EmbeddedLocation,
  options: { port: number; settings: readonly string[] },
): ChildProcess {
  const flags = [...settings, ...options.settings].flatMap((setting) => ["-c", setting]);
  const child = spawn(binaries.postgres, ["-D", location.cluster, "-p", String(options.port), ...flags], {
    ...location.user,
    cwd: "/",
    // A process group of its own: Ctrl-C at the terminal is for us, and we end it in our own order.
    detached: true,
    stdio: "ignore",
  });
  child.unref();
  return child;
}

async function stopPostmaster(pid: number): Promise<void> {
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended already.
    }
  };
  signal("SIGINT");
  const giveUpAt = Date.now() + STOP_LIMIT_MS;
  while (isAlive(pid)) {
    if (Date.now() > giveUpAt) return signal("SIGQUIT");
    await delay(POLL_MS);
  }
}

interface NewStart {
  readonly settings: readonly string[];
  readonly giveUpAt: number;
  readonly urlOn: (port: number) => string;
}

/** Resolves with the exit code where it ends before it accepts connections. */
async function started(child: ChildProcess, url: string, giveUpAt: number): Promise<"up" | number | null> {
  let exitCode: number | null | undefined;
  child.once("exit", (code) => {
    exitCode = code;
  });
  while (!(await acceptsConnections(url))) {
    if (exitCode !== undefined) return exitCode;
    if (Date.now() > giveUpAt) throw new Error("PostgreSQL did not start in time");
    await delay(POLL_MS);
  }
  return "up";
}

/** Where the old postmaster was killed, its last processes may still hold the cluster, or another took the port: again then. */
async function startNew(
  binaries: PostgresBinaries,
  location: EmbeddedLocation,
  { settings, giveUpAt, urlOn }: NewStart,
): Promise<Postmaster> {
  const tryUntil = Date.now() + RETRY_START_MS;
  for (;;) {
    const port = await freePort();
    const child = startPostmaster(binaries, location, { port, settings });
    const outcome = await started(child, urlOn(port), giveUpAt);
    if (outcome === "up") return { pid: child.pid ?? 0, port };
    if (Date.now() > tryUntil) throw new Error(`PostgreSQL ended with ${outcome}: see ${location.cluster}/log`);
    await delay(POLL_MS * 10);
  }
}

/**
 * Starts the PostgreSQL of a data folder, or takes over the one that runs there already: one that was left by a killed
 * server is used as it is, one that is just ending is waited for, and so is another process that is just starting it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataFolder, { recursive: true });
  return await withFolderLock(options.dataFolder, START_LIMIT_MS, async () => {
    const postgres = await startAlone(options);
    await options.whenUp?.(postgres.url);
    return postgres;
  });
}

async function startAlone(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const location = await embeddedLocation(options.dataFolder);
  const password = await clusterPassword(options.dataFolder);
  const urlOn = (port: number) => `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  const handle = (postmaster: Postmaster, wasRunning: boolean): EmbeddedPostgres => ({
    url: urlOn(postmaster.port),
    wasRunning,
    stop: () => stopPostmaster(postmaster.pid),
  });
  const giveUpAt = Date.now() + START_LIMIT_MS;
  for (let postmaster = await runningPostmaster(location.cluster); postmaster; ) {
    if (await acceptsConnections(urlOn(postmaster.port))) return handle(postmaster, true);
    if (Date.now() > giveUpAt) throw new Error(`PostgreSQL (pid ${postmaster.pid}) runs but accepts no connection`);
    await delay(POLL_MS);
    postmaster = await runningPostmaster(location.cluster);
  }
  const binaries = await postgresBinaries(location.binariesCopy);
  const isInitialised = await readFile(join(location.cluster, "PG_VERSION")).then(
    () => true,
    () => false,
  );
  if (!isInitialised) await initialiseCluster({ initdb: binaries.initdb, location, user: USER, password });
  return handle(await startNew(binaries, location, { settings: options.settings ?? [], giveUpAt, urlOn }), false);
}
