import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import { removeEmbeddedPostgres } from "../../database/remove-embedded-postgres.ts";
import { createLog } from "../../log.ts";
import { type RunningServer, startServer } from "../../server.ts";
import { freeUdpPort } from "../../simulator/free-udp-port.ts";

export const HOST = "127.0.0.1";

/** A whole Weir of its own on loopback: nothing of an installation on the same machine is touched. */
export interface DemoServer {
  readonly url: string;
  readonly adminKey: string;
  readonly authPort: number;
  readonly acctPort: number;
  readonly logFile: string;
  /** The last lines of its log. */
  logTail(): Promise<string>;
  /** Ends it, and removes all that it stored. */
  stop(): Promise<void>;
}

const USUAL = { http: 8080, auth: 1812, acct: 1813 };
const TAIL_LINES = 15;

/** 0, any free one, where the usual one is taken. */
const httpPort = (): Promise<number> =>
  new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(0));
    probe.listen(USUAL.http, HOST, () => probe.close(() => done(USUAL.http)));
  });

/** A fresh folder: under the configured data folder where one is given, else among the system's temporary ones. */
async function freshFolder(given: string): Promise<string> {
  const isGiven = given !== resolve("./var");
  if (isGiven) await mkdir(given, { recursive: true });
  const folder = await mkdtemp(join(isGiven ? given : tmpdir(), "weir-demo-"));
  // As root, PostgreSQL runs as another user, who has to get through; the secrets in here are files of mode 0600.
  await chmod(folder, 0o755);
  return folder;
}

async function removeFolder(folder: string): Promise<void> {
  await removeEmbeddedPostgres(folder);
  await rm(folder, { recursive: true, force: true });
}

async function demoConfig(dataDir: string): Promise<Config> {
  return {
    dataDir,
    hosts: [HOST],
    trustedProxies: [],
    ownAddresses: [],
    httpPort: await httpPort(),
    portalPort: 0,
    authPort: await freeUdpPort(USUAL.auth, HOST),
    acctPort: await freeUdpPort(USUAL.acct, HOST),
    autoSubscribers: true,
    workers: 1,
    retention: { sessionDays: 365, caseDays: 730 },
    logLevel: "info",
    warnings: [],
  };
}

/** Starts it; rejects with nothing left behind, also when it is `stopped` in the middle. */
export async function startDemoServer(givenDataDir: string, stopped: AbortSignal): Promise<DemoServer> {
  const folder = await freshFolder(givenDataDir);
  const logFile = join(folder, "weir.log");
  const logStream = createWriteStream(logFile);
  const closeLog = () => new Promise<void>((done) => logStream.end(done));
  let server: RunningServer;
  try {
    const config = await demoConfig(folder);
    server = await startServer({ config, log: createLog(config.logLevel, logStream), signal: stopped });
  } catch (error) {
    await closeLog();
    await removeFolder(folder);
    throw error;
  }
  const { http, auth, acct } = server.ports;
  return {
    url: `http://${HOST}:${http}`,
    adminKey: server.newAdminKey ?? (await readFile(server.adminKeyFile, "utf8")).trim(),
    authPort: auth ?? 0,
    acctPort: acct ?? 0,
    logFile,
    logTail: async () => (await readFile(logFile, "utf8")).split("\n").slice(-TAIL_LINES).join("\n"),
    stop: async () => {
      await server.stop();
      await closeLog();
      await removeFolder(folder);
    },
  };
}
