import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { accountingRequest, openRadiusPeer, type RadiusPeer } from "../../support/radius-peer.ts";
import { callWeir, endAllWeirs, startWeirProcess, type WeirProcess } from "../../support/weir-process.ts";

const SECRET = "testing123";
let folder: string;
let ports: Readonly<Record<string, string>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-killed-"));
  await chmod(folder, 0o755);
  ports = { WEIR_AUTH_PORT: String(await freePort()), WEIR_ACCT_PORT: String(await freePort()) };
});
afterEach(endAllWeirs);
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** With the embedded PostgreSQL, as it comes: fsync and synchronous_commit on. */
const start = (changes: Readonly<Record<string, string>> = {}): WeirProcess =>
  startWeirProcess({ WEIR_DATA_DIR: folder, WEIR_LOG_LEVEL: "error", ...ports, ...changes });

interface Load {
  /** The sessions whose Start was answered. */
  readonly acknowledged: Set<string>;
  stop(): Promise<void>;
}

/** Starts of ever new sessions from eight sockets, each with a number of them on the way. */
async function startLoad(acctPort: number, run: string): Promise<Load> {
  const acknowledged = new Set<string>();
  let isOver = false;
  const one = async (peer: RadiusPeer, socket: number): Promise<void> => {
    for (let n = 0; !isOver; n++) {
      const session = `${run}-${socket}-${n}`;
      const octets = accountingRequest({ secret: SECRET, identifier: n % 256, status: 1, session });
      if ((await peer.ask(octets, 300))?.code === 5) acknowledged.add(session);
    }
  };
  const peers = await Promise.all(Array.from({ length: 32 }, () => openRadiusPeer(acctPort)));
  const running = peers.map(one);
  return {
    acknowledged,
    stop: async () => {
      isOver = true;
      await Promise.all(running);
      await Promise.all(peers.map((peer) => peer.close()));
    },
  };
}

async function storedSessions(run: string): Promise<Set<string>> {
  const password = (await readFile(join(folder, "postgres-password"), "utf8")).trim();
  const socketFolder = encodeURIComponent(join(folder, "postgres"));
  const client = new pg.Client({ connectionString: `postgres://weir:${password}@${socketFolder}:5432/postgres` });
  await client.connect();
  try {
    const settings = await client.query(
      "select count(*)::int as on from pg_settings where name in ('fsync', 'synchronous_commit') and setting = 'on'",
    );
    expect(settings.rows).toEqual([{ on: 2 }]);
    const { rows } = await client.query<{ id: string }>(
      "select acct_session_id as id from session where acct_session_id like $1",
      [`${run}-%`],
    );
    return new Set(rows.map(({ id }) => id));
  } finally {
    await client.end();
  }
}

async function postmasterPid(): Promise<number> {
  const cluster = await readFile(join(folder, "postgres-location"), "utf8").then(
    (location) => join(location.trim(), "cluster"),
    () => join(folder, "postgres"),
  );
  return Number((await readFile(join(cluster, "postmaster.pid"), "utf8")).split("\n")[0]);
}

const isMissingFrom = (stored: ReadonlySet<string>) => (session: string) => !stored.has(session);

/** Kills it under load, starts it again at once, and says what was acknowledged. */
async function killedUnderLoad(run: string, kill: (weir: WeirProcess) => Promise<void>): Promise<void> {
  const weir = start();
  const ready = await weir.ready();
  await callWeir(ready.http, "PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "generic" });
  const load = await startLoad(ready.acct ?? 0, run);
  await expect.poll(() => load.acknowledged.size, { timeout: 10_000 }).toBeGreaterThan(300);
  await kill(weir);
  const again = start();
  await weir.ended();
  const { http } = await again.ready();
  await load.stop();
  const stored = await storedSessions(run);
  expect([...load.acknowledged].filter(isMissingFrom(stored))).toEqual([]);
  const [last] = [...load.acknowledged].slice(-1);
  expect(await callWeir(http, "GET", `/v1/sessions?username=user-${last}`)).toMatchObject({
    items: [{ acctSessionId: last, stoppedAt: null }],
  });
  again.kill("SIGTERM");
  expect(await again.ended()).toEqual({ code: 0, signal: null });
}

test("kill -9 under load, started again at once while its PostgreSQL still runs: every acknowledged record is there", async () => {
  await killedUnderLoad("server", async (weir) => weir.kill("SIGKILL"));
}, 60_000);

test("kill -9 of server and PostgreSQL at once: every acknowledged record is there", async () => {
  await killedUnderLoad("both", async (weir) => {
    const pid = await postmasterPid();
    weir.kill("SIGKILL");
    process.kill(pid, "SIGKILL");
  });
}, 60_000);

test("kill -9 while it is stopping, started again while its PostgreSQL is ending: every acknowledged record is there", async () => {
  await killedUnderLoad("stopping", async (weir) => {
    const pid = await postmasterPid();
    weir.kill("SIGTERM");
    await delay(30);
    process.kill(pid, "SIGINT");
    weir.kill("SIGKILL");
  });
}, 60_000);

test("a second start on the same data folder says who has it, and leaves the first with its database", async () => {
  const first = start();
  const ready = await first.ready();
  const elsewhere = { WEIR_AUTH_PORT: "0", WEIR_ACCT_PORT: "0" };
  const second = start(elsewhere);
  expect(await second.ended()).toEqual({ code: 1, signal: null });
  expect(second.stderr()).toContain(`another Weir server (process ${first.pid}) runs on the data folder ${folder}`);
  expect((await fetch(`http://127.0.0.1:${ready.http}/readyz`)).status).toBe(200);
  const peer = await openRadiusPeer(ready.acct ?? 0);
  expect((await peer.ask(accountingRequest({ secret: SECRET, status: 1, session: "still-here" })))?.code).toBe(5);
  await peer.close();
  first.kill("SIGTERM");
  expect((await first.ended()).code).toBe(0);
}, 60_000);

test("the very first start, killed while it makes its database, leaves nothing that the next one stumbles over", async () => {
  const fresh = await mkdtemp(join(tmpdir(), "weir-first-"));
  await chmod(fresh, 0o755);
  const first = start({ WEIR_DATA_DIR: fresh });
  await expect
    .poll(async () => await readFile(join(fresh, "postgres-password"), "utf8").catch(() => ""), { timeout: 10_000 })
    .not.toBe("");
  await delay(150);
  first.kill("SIGKILL");
  const second = start({ WEIR_DATA_DIR: fresh });
  await second.ready();
  second.kill("SIGTERM");
  expect((await second.ended()).code).toBe(0);
  await rm(fresh, { recursive: true, force: true });
}, 60_000);
