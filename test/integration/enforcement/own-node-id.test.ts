import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { takeSessionLock } from "../../../src/database/session-lock.ts";
import { type OwnNodeId, ownNodeId } from "../../../src/own-node-id.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
let dataDir: string;
let servers: OwnNodeId[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "weir-node-"));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.release()));
  await db.drop();
  await rm(dataDir, { recursive: true });
});

const start = async (): Promise<OwnNodeId> => {
  const server = await ownNodeId({ dataDir, databaseUrl: db.url });
  servers = [...servers, server];
  return server;
};

test("a server has the name of the one before it on its data folder, and never that of one that still runs", async () => {
  const first = await start();
  const beside = await start();
  expect(beside.id).not.toBe(first.id);
  expect((await start()).id).not.toBe(beside.id);
  await first.release();
  expect((await start()).id).toBe(first.id);
});

test("a name whose connection was lost is taken again", async () => {
  const lock = { url: db.url, name: "lost", patienceMs: 0 };
  const held = await takeSessionLock(lock);
  const holder = async () => {
    const [row] = await db.database.query<{ pid: number }>(
      "select pid from pg_locks where locktype = 'advisory' and granted and objid = hashtext('lost')::oid",
    );
    return row?.pid ?? 0;
  };
  const before = await holder();
  await db.database.query("select pg_terminate_backend($1)", [before]);
  await vi.waitFor(async () => expect([0, before]).not.toContain(await holder()), { timeout: 5_000, interval: 50 });
  expect(await takeSessionLock(lock)).toBeUndefined();
  await held?.release();
  const again = await takeSessionLock({ ...lock, patienceMs: 2_000 });
  expect(again).toBeDefined();
  await again?.release();
});
