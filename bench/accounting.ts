import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pino from "pino";
import { Registry } from "prom-client";
import { openDatabase } from "../src/database/database.ts";
import { startEmbeddedPostgres } from "../src/database/embedded-postgres.ts";
import { migrate } from "../src/database/migrate.ts";
import { startRadiusListener } from "../src/listener/start-radius-listener.ts";
import { createNasDirectory } from "../src/nas/nas-directory.ts";
import { createKeyRing } from "../src/secrets/key-ring.ts";
import { createSessionRecorder } from "../src/session/session-recorder.ts";

/** One run of the load generator against the accounting port, every answer after its commit. */
export interface AccountingRun {
  readonly inFlight: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly lost: number;
  /** CPU time of this process, for each record. */
  readonly serverMicroseconds: number;
}

export interface AccountingBench {
  /** The compiled bench/radload.c. */
  readonly radload: string;
  readonly sessions: number;
  readonly packets: number;
  readonly inFlight: readonly number[];
  readonly report: (run: AccountingRun) => void;
}

const run = promisify(execFile);
const SECRET = "testing123";

const figure = (line: string, name: string): number =>
  Number(new RegExp(`${name}=([\\d.]+)`).exec(line)?.[1] ?? Number.NaN);

async function measure(bench: AccountingBench, port: number, inFlight: number): Promise<AccountingRun> {
  const before = process.cpuUsage();
  const options = [
    "acct",
    "127.0.0.1",
    String(port),
    SECRET,
    String(bench.sessions),
    String(bench.packets),
    String(inFlight),
  ];
  const { stdout } = await run(bench.radload, options);
  const used = process.cpuUsage(before);
  return {
    inFlight,
    perSecond: figure(stdout, "per_second"),
    p50Ms: figure(stdout, "p50_ms"),
    p99Ms: figure(stdout, "p99_ms"),
    lost: figure(stdout, "lost"),
    serverMicroseconds: (used.user + used.system) / figure(stdout, "answered"),
  };
}

/** Listener, recorder and directory as the server has them, on a database of its own. */
async function startServer(url: string) {
  const database = openDatabase({ url, maxConnections: 10, onConnectionError: () => undefined });
  const nasDirectory = await createNasDirectory({
    database,
    keyRing: createKeyRing([randomBytes(32).toString("base64")]),
    now: () => new Date(),
    onRefreshError: () => undefined,
  });
  await nasDirectory.put({ id: "bench", address: "127.0.0.1", secret: SECRET, vendor: "generic" });
  const log = pino({ level: "error" });
  const recorder = createSessionRecorder({
    database,
    now: () => new Date(),
    autoSubscribers: true,
    hooks: { opened: async () => undefined, committed: () => undefined },
    onError: (error) => log.error({ err: error }, "not recorded"),
  });
  const listener = await startRadiusListener({
    hosts: ["127.0.0.1"],
    acctPort: 0,
    nasDirectory,
    recorder,
    authorizer: { authorize: async () => ({ kind: "drop", reason: "internal-error" }) },
    metrics: new Registry(),
    log,
  });
  const stop = async () => {
    await listener.stop();
    await recorder.stop();
    await nasDirectory.stop();
    await database.close();
  };
  return { port: listener.acctPort ?? 0, stop };
}

/**
 * Durable accounting records a second: load generator, server and PostgreSQL (fsync and synchronous_commit on) share this
 * machine's cores. Each session begins with a Start; all that follows are Interims.
 */
export async function benchAccounting(bench: AccountingBench): Promise<AccountingRun[]> {
  const dataFolder = await mkdtemp(join(tmpdir(), "weir-bench-"));
  await chmod(dataFolder, 0o755);
  const postgres = await startEmbeddedPostgres({ dataFolder });
  try {
    await migrate(postgres.url);
    const server = await startServer(postgres.url);
    const runs: AccountingRun[] = [];
    try {
      for (const inFlight of bench.inFlight) {
        const result = await measure(bench, server.port, inFlight);
        bench.report(result);
        runs.push(result);
      }
    } finally {
      await server.stop();
    }
    return runs;
  } finally {
    await postgres.stop();
    await rm(dataFolder, { recursive: true, force: true });
  }
}
