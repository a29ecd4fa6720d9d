import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { removeEmbeddedPostgres } from "../src/database/remove-embedded-postgres.ts";
import { type ApiClient, createApiClient } from "./api-client.ts";
import { freePort } from "./free-port.ts";

export const SECRET = "testing123";

/** The server under test, as a user starts it: a process of its own, with a data folder of its own. */
export interface WeirProcess {
  readonly pid: number;
  readonly authPort: number;
  readonly acctPort: number;
  readonly api: ApiClient;
  /** Of its embedded PostgreSQL, for checking what became durable. */
  databaseUrl(): Promise<string>;
  /** With its data. */
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const ADMIN_KEY = "admin-key-of-the-bench-0123456789abcdef";
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 15_000;

interface Ready {
  readonly pid: number;
  readonly http: number;
  readonly auth: number;
  readonly acct: number;
}

async function ready(child: ChildProcess): Promise<Ready> {
  if (!child.stdout) throw new Error("the server has no output");
  const lines = createInterface({ input: child.stdout });
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`the server ended with ${code} before it was ready`);
  });
  ended.catch(() => undefined);
  const found = (async () => {
    for await (const line of lines) {
      if (line.includes('"msg":"ready"')) return JSON.parse(line) as Ready;
    }
    return await ended;
  })();
  const message = await Promise.race([found, ended]);
  child.stdout.resume();
  return message;
}

/** Its banner is of no use here; its log, one JSON object a line, is, and so is why it did not start. */
function passLogOn(child: ChildProcess): void {
  if (!child.stderr) return;
  createInterface({ input: child.stderr }).on("line", (line) => {
    if (line.startsWith("{") || line.startsWith("weir")) process.stderr.write(`${line}\n`);
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

async function databaseUrl(dataDir: string): Promise<string> {
  const password = (await readFile(join(dataDir, "postgres-password"), "utf8")).trim();
  const socketFolder = encodeURIComponent(join(dataDir, "postgres"));
  return `postgres://weir:${password}@${socketFolder}:5432/postgres`;
}

type End = () => Promise<void>;

const running = new Set<End>();

/** For a bench that is ended itself: no server and no data of one stays behind. */
export async function endWeirProcesses(): Promise<void> {
  await Promise.all([...running].map((end) => end()));
}

/** Returns how to end it; asked again, it waits for the same end. */
function endOf(child: ChildProcess, dataDir: string): End {
  let ending: Promise<void> | undefined;
  const stopAndRemove = async () => {
    await stop(child);
    await removeEmbeddedPostgres(dataDir);
    await rm(dataDir, { recursive: true, force: true });
    running.delete(end);
  };
  const end = () => {
    ending ??= stopAndRemove();
    return ending;
  };
  running.add(end);
  return end;
}

/** Starts a server on free ports. Its NAS "bench" has address 127.0.0.1. */
export async function startWeirProcess(workers: number): Promise<WeirProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-bench-"));
  await chmod(dataDir, 0o755);
  const child = spawn(process.execPath, [program, "serve"], {
    env: {
      PATH: process.env["PATH"] ?? "",
      WEIR_DATA_DIR: dataDir,
      WEIR_HTTP_PORT: "0",
      WEIR_AUTH_PORT: String(await freePort()),
      WEIR_ACCT_PORT: String(await freePort()),
      WEIR_ADMIN_KEY: ADMIN_KEY,
      WEIR_WORKERS: String(workers),
      WEIR_LOG_LEVEL: "warn",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = endOf(child, dataDir);
  passLogOn(child);
  try {
    const ports = await ready(child);
    const api = createApiClient(`http://127.0.0.1:${ports.http}`, ADMIN_KEY);
    await api.call("PUT", "/v1/nas/bench", { address: "127.0.0.1", secret: SECRET, vendor: "generic" });
    return {
      pid: ports.pid,
      authPort: ports.auth,
      acctPort: ports.acct,
      api,
      databaseUrl: () => databaseUrl(dataDir),
      stop: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
