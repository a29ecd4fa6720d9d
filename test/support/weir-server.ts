import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { freePort } from "../../bench/free-port.ts";
import type { Config } from "../../src/config/config.ts";
import { type RunningServer, startServer } from "../../src/server.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";

export interface WeirUnderTest {
  readonly authPort: number;
  readonly acctPort: number;
  /** Of the REST API, without a path. */
  readonly address: string;
  readonly adminKey: string;
  /** A call of the REST API with the admin key; rejects on any status but 2xx. */
  call(method: "GET" | "PUT" | "POST" | "DELETE", path: string, body?: unknown): Promise<Record<string, unknown>>;
  metrics(): Promise<string>;
  readonly database: TestDatabase["database"];
  stop(): Promise<void>;
}

/** The whole server in this process, on free ports, with a database of its own. */
export async function startWeir(changes: Partial<Config> = {}): Promise<WeirUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-server-"));
  const database = await createTestDatabase();
  const adminKey = "admin-key-of-this-test-0123456789abcdef";
  const config: Config = {
    databaseUrl: database.url,
    dataDir,
    hosts: ["127.0.0.1"],
    trustedProxies: [],
    ownAddresses: [],
    httpPort: 0,
    portalPort: 0,
    authPort: await freePort(),
    acctPort: await freePort(),
    adminKey,
    autoSubscribers: true,
    workers: 1,
    retention: { sessionDays: 365, caseDays: 730 },
    logLevel: "silent",
    warnings: [],
    ...changes,
  };
  const server: RunningServer = await startServer({
    config,
    log: pino({ level: process.env["WEIR_TEST_LOG"] ?? "silent" }),
  });
  const address = `http://${server.host}:${server.ports.http}`;
  return {
    authPort: config.authPort,
    acctPort: config.acctPort,
    address,
    adminKey,
    call: (method, path, body) => call(`${address}${path}`, { method, adminKey, body }),
    metrics: async () => await (await fetch(`${address}/metrics`)).text(),
    database: database.database,
    stop: async () => {
      await server.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

interface Call {
  readonly method: string;
  readonly adminKey: string;
  readonly body: unknown;
}

async function call(url: string, { method, adminKey, body }: Call): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${adminKey}`, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
