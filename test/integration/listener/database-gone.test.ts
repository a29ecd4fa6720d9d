import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { Code } from "../../../src/radius/code.ts";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";
import { accessRequest, accountingRequest, openRadiusPeer, type RadiusPeer } from "../../support/radius-peer.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import {
  callWeir,
  endAllWeirs,
  metricOf,
  type Ready,
  startWeirProcess,
  type WeirProcess,
} from "../../support/weir-process.ts";

const SECRET = "testing123";

/** The way to the database, which can be cut and mended. */
interface Way {
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

async function wayTo(databaseUrl: string): Promise<Way> {
  const target = new URL(databaseUrl);
  const socket = `${decodeURIComponent(target.hostname)}/.s.PGSQL.${target.port}`;
  const open = new Set<Socket>();
  const forward = (from: Socket) => {
    const to = connect(socket);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  };
  let server: Server = createServer(forward).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    cut: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
    mend: async () => {
      server = createServer(forward).listen(port, "127.0.0.1");
      await once(server, "listening");
    },
  };
}

let database: TestDatabase;
let way: Way;
let upstream: FakeUpstream;
let folder: string;
let weir: WeirProcess;
let ready: Ready;
let acct: RadiusPeer;
let auth: RadiusPeer;
beforeAll(async () => {
  database = await createTestDatabase();
  way = await wayTo(database.url);
  upstream = await startFakeUpstream({ secret: Buffer.from("up"), answer: () => ({ code: Code.AccessAccept }) });
  folder = await mkdtemp(join(tmpdir(), "weir-gone-"));
  weir = startWeirProcess({
    DATABASE_URL: way.url,
    WEIR_DATA_DIR: folder,
    WEIR_LOG_LEVEL: "error",
    WEIR_AUTH_PORT: String(await freePort()),
    WEIR_ACCT_PORT: String(await freePort()),
    WEIR_UPSTREAM_AUTH: `127.0.0.1:${upstream.port}`,
    WEIR_UPSTREAM_SECRET: "up",
  });
  ready = await weir.ready();
  await callWeir(ready.http, "PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "mikrotik" });
  [acct, auth] = [await openRadiusPeer(ready.acct ?? 0), await openRadiusPeer(ready.auth ?? 0)];
});
afterAll(async () => {
  await endAllWeirs();
  await Promise.all([acct.close(), auth.close()]);
  await upstream.stop();
  await way.cut();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

let last = 0;
const login = (username: string) =>
  accessRequest({ secret: SECRET, identifier: ++last, username, password: "of-no-interest-to-us" });
const octetsOf = async (username: string) =>
  (await auth.ask(login(username), 8_000))?.attributes
    .filter(({ type }) => type === 26)
    .map(({ value }) => value.toString("hex"));

test("while the database is gone no record is acknowledged, logins pass with the last known profile, and all of it comes back", async () => {
  await callWeir(ready.http, "PUT", "/v1/subscribers/alice", { usernames: ["alice"] });
  await callWeir(ready.http, "PUT", "/v1/subscribers/alice/measures/walled-garden", { reason: "test" });
  const gardened = await octetsOf("alice");
  expect(gardened).not.toEqual([]);
  expect(gardened).toBeDefined();
  expect((await auth.ask(login("bob")))?.code).toBe(2);

  await way.cut();
  const record = accountingRequest({ secret: SECRET, identifier: 200, status: 1, session: "meanwhile" });
  expect(await acct.ask(record, 1_500)).toBeUndefined();
  // What it says when it dies of it.
  expect(weir.stderr()).not.toMatch(/weir: |Error/);
  await expect
    .poll(() => metricOf(ready.http, "weir_radius_dropped_total", 'port="acct"', 'reason="unavailable"'))
    .toBeGreaterThanOrEqual(1);
  expect((await auth.ask(login("bob"), 8_000))?.code).toBe(2);
  expect(await octetsOf("alice")).toEqual(gardened);
  expect((await fetch(`http://127.0.0.1:${ready.http}/readyz`)).status).toBe(503);
  expect((await fetch(`http://127.0.0.1:${ready.http}/livez`)).status).toBe(200);

  await way.mend();
  // As a NAS does: the same octets again until they are answered.
  await expect.poll(async () => (await acct.ask(record, 300))?.code, { timeout: 10_000 }).toBe(5);
  expect(await callWeir(ready.http, "GET", "/v1/sessions?username=user-meanwhile")).toMatchObject({
    items: [{ acctSessionId: "meanwhile", stoppedAt: null }],
  });
  expect((await fetch(`http://127.0.0.1:${ready.http}/readyz`)).status).toBe(200);
  // Told by another node, through the connection that listens.
  await database.database.query(
    "update nas set secret_sealed = secret_sealed, identifier = 'changed' where id = 'bng1'",
  );
  await expect
    .poll(
      async () => {
        await database.database.query("notify weir_nas");
        return await callWeir(ready.http, "GET", "/v1/nas/bng1");
      },
      { timeout: 5_000 },
    )
    .toMatchObject({ identifier: "changed" });
}, 60_000);
