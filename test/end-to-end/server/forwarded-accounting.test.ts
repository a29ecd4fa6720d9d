import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { Code } from "../../../src/radius/code.ts";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";
import { accountingRequest, openRadiusPeer } from "../../support/radius-peer.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { callWeir, endAllWeirs, startWeirProcess, type WeirProcess } from "../../support/weir-process.ts";

const SECRET = "testing123";
const UPSTREAM_SECRET = "upstream secret";

let database: TestDatabase;
let folder: string;
let upstreamPort: number;
let acctPort: number;
let upstream: FakeUpstream | undefined;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "weir-forwarded-"));
  [upstreamPort, acctPort] = [await freePort(), await freePort()];
});
afterEach(async () => {
  await upstream?.stop();
  upstream = undefined;
});
afterAll(async () => {
  await endAllWeirs();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const startWeir = (): WeirProcess =>
  startWeirProcess({
    DATABASE_URL: database.url,
    WEIR_DATA_DIR: folder,
    WEIR_LOG_LEVEL: "error",
    WEIR_AUTH_PORT: "0",
    WEIR_ACCT_PORT: String(acctPort),
    WEIR_UPSTREAM_ACCT: `127.0.0.1:${upstreamPort}`,
    WEIR_UPSTREAM_SECRET: UPSTREAM_SECRET,
  });

const startUpstream = async () => {
  upstream = await startFakeUpstream({
    secret: Buffer.from(UPSTREAM_SECRET),
    port: upstreamPort,
    answer: () => ({ code: Code.AccountingResponse, messageAuthenticator: false }),
  });
};
const sessionsUpstream = () =>
  new Set(
    (upstream?.requests ?? []).flatMap(({ packet }) =>
      packet.attributes.flatMap(({ type, value }) => (type === 44 ? [value.toString()] : [])),
    ),
  );
const start = (session: string, identifier: number) =>
  accountingRequest({ secret: SECRET, identifier, status: 1, session });

test("a record that was acknowledged reaches the upstream, though it was away and the server was killed meanwhile", async () => {
  const first = startWeir();
  const { http } = await first.ready();
  await callWeir(http, "PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "generic" });
  const nas = await openRadiusPeer(acctPort);
  for (const [identifier, session] of ["one", "two", "three"].entries())
    expect((await nas.ask(start(session, identifier)))?.code).toBe(Code.AccountingResponse);
  first.kill("SIGKILL");
  await first.ended();
  await startUpstream();
  const second = startWeir();
  await second.ready();
  // At the latest when the lease of the process that died is over.
  await expect.poll(sessionsUpstream, { timeout: 20_000 }).toEqual(new Set(["one", "two", "three"]));
  const kept = async () => await database.database.query("select from forwarded_accounting");
  await expect.poll(kept, { timeout: 20_000 }).toEqual([]);
  await nas.close();
  second.kill("SIGTERM");
  expect((await second.ended()).code).toBe(0);
}, 60_000);

test("a record that cannot be kept for the upstream is not acknowledged, and goes on when the NAS sends it again", async () => {
  await startUpstream();
  const weir = startWeir();
  await weir.ready();
  const nas = await openRadiusPeer(acctPort);
  await database.database.query("alter table forwarded_accounting rename to forwarded_accounting_away");
  expect(await nas.ask(start("four", 4), 500)).toBeUndefined();
  await database.database.query("alter table forwarded_accounting_away rename to forwarded_accounting");
  expect((await nas.ask(start("four", 4)))?.code).toBe(Code.AccountingResponse);
  await expect.poll(sessionsUpstream).toEqual(new Set(["four"]));
  await nas.close();
  weir.kill("SIGTERM");
  expect((await weir.ended()).code).toBe(0);
}, 60_000);
