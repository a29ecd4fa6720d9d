import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { startEmbeddedPostgres } from "../../../src/database/embedded-postgres.ts";
import { accountingRequest, openRadiusPeer } from "../../support/radius-peer.ts";
import { ADMIN_KEY, callWeir, endAllWeirs, startWeirProcess, type WeirProcess } from "../../support/weir-process.ts";

const SECRET = "testing123";
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-embedded-"));
  await chmod(folder, 0o755);
});
afterEach(async () => {
  await endAllWeirs();
  await rm(folder, { recursive: true, force: true });
});

const start = async (changes: Readonly<Record<string, string>> = {}): Promise<WeirProcess> =>
  startWeirProcess({
    WEIR_DATA_DIR: folder,
    WEIR_LOG_LEVEL: "info",
    WEIR_AUTH_PORT: "0",
    WEIR_ACCT_PORT: String(await freePort()),
    ...changes,
  });

/** undefined: none runs. */
async function postmasterPid(): Promise<number | undefined> {
  const text = await readFile(join(folder, "postgres", "postmaster.pid"), "utf8").catch(() => "");
  return Number(text.split("\n")[0]) || undefined;
}

const readiness = async (port: number): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;

test("PostgreSQL that was killed is started again, each time, and all goes on, in its workers too", async () => {
  const weir = await start({ WEIR_WORKERS: "2" });
  const ready = await weir.ready();
  await callWeir(ready.http, "PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "generic" });
  const peer = await openRadiusPeer(ready.acct ?? 0);
  for (const round of ["first", "second"]) {
    const killed = await postmasterPid();
    process.kill(killed ?? 0, "SIGKILL");
    await expect.poll(postmasterPid, { timeout: 20_000 }).not.toBe(killed);
    await expect.poll(() => readiness(ready.http), { timeout: 20_000 }).toBe(200);
    const record = accountingRequest({ secret: SECRET, status: 1, session: `after-${round}` });
    await expect.poll(async () => (await peer.ask(record, 500))?.code, { timeout: 20_000 }).toBe(5);
  }
  await peer.close();
  const log = weir.stdout();
  expect(log.match(/the embedded PostgreSQL runs again/g)).toHaveLength(2);
  // It is ours again, for nobody else to end or to have.
  const second = await start();
  expect((await second.ended()).code).toBe(1);
  expect(second.stderr()).toContain(`another Weir server (process ${weir.pid}) runs on the data folder`);
  weir.kill("SIGTERM");
  expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
  expect(await postmasterPid()).toBeUndefined();
}, 90_000);

test("what keeps it from being started again is told once, and it is tried until it goes", async () => {
  const weir = await start();
  const ready = await weir.ready();
  await chmod(folder, 0o777);
  process.kill((await postmasterPid()) ?? 0, "SIGKILL");
  const failure = /"the embedded PostgreSQL does not start; it is tried again"/g;
  await expect.poll(() => weir.stdout().match(failure)?.length, { timeout: 20_000 }).toBe(1);
  expect(await readiness(ready.http)).toBe(503);
  // Time for some more tries: 0.2, 0.4 and 0.8 s apart.
  await delay(1_500);
  await chmod(folder, 0o755);
  await expect.poll(() => readiness(ready.http), { timeout: 30_000 }).toBe(200);
  expect(weir.stdout().match(failure)).toHaveLength(1);
  weir.kill("SIGTERM");
  expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
  expect(await postmasterPid()).toBeUndefined();
}, 90_000);

test("a server that is asked to end while PostgreSQL is away starts it no more", async () => {
  const weir = await start();
  await weir.ready();
  const killed = await postmasterPid();
  process.kill(killed ?? 0, "SIGKILL");
  weir.kill("SIGTERM");
  expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
  expect([undefined, killed]).toContain(await postmasterPid());
}, 60_000);

test("requests that never come whole hold up neither the end nor PostgreSQL's", async () => {
  const weir = await start();
  const { http } = await weir.ready();
  const head = `POST /v1/reports?source=s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000`;
  const sockets = Array.from({ length: 3 }, () => connect(http, "127.0.0.1"));
  for (const socket of sockets) {
    socket.on("error", () => undefined);
    await once(socket, "connect");
    socket.write(`${head}\r\nAuthorization: Bearer ${ADMIN_KEY}\r\n\r\n[`);
  }
  await delay(200);
  const askedAt = performance.now();
  weir.kill("SIGTERM");
  expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
  expect(performance.now() - askedAt).toBeLessThan(6_500);
  expect(weir.stdout()).not.toContain("did not end in time");
  expect(await postmasterPid()).toBeUndefined();
  for (const socket of sockets) socket.destroy();
}, 60_000);

test("a start that hangs leaves no PostgreSQL behind when it is asked to end", async () => {
  const postgres = await startEmbeddedPostgres({ dataFolder: folder });
  const client = new pg.Client({ connectionString: postgres.url });
  client.on("error", () => undefined);
  await client.connect();
  await client.query("select pg_advisory_lock(hashtext('weir_migrate'))");
  const weir = await start();
  const isWaiting = async () =>
    (await client.query("select from pg_locks where locktype = 'advisory' and not granted")).rowCount;
  await expect.poll(isWaiting, { timeout: 20_000 }).toBe(1);
  weir.kill("SIGTERM");
  expect(await weir.ended(10_000)).toEqual({ code: 0, signal: null });
  expect(await postgres.isRunning()).toBe(false);
  await client.end();
  postgres.leave();
}, 60_000);
