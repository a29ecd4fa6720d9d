import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
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
const PACKETS = 100_000;
const BURST = 200;

let database: TestDatabase;
let folder: string;
let weir: WeirProcess;
let ready: Ready;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "weir-bad-input-"));
  weir = startWeirProcess({
    DATABASE_URL: database.url,
    WEIR_DATA_DIR: folder,
    WEIR_LOG_LEVEL: "error",
    WEIR_AUTH_PORT: String(await freePort()),
    WEIR_ACCT_PORT: String(await freePort()),
  });
  ready = await weir.ready();
  await callWeir(ready.http, "PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "generic" });
});
afterAll(async () => {
  await endAllWeirs();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const pick = (below: number): number => randomBytes(4).readUInt32BE() % below;

/** Octets at random, real requests with some octets changed, cut, stretched, or with another code or length. */
function badDatagram(real: readonly Buffer[]): Buffer {
  if (pick(4) === 0) return randomBytes(pick(600));
  const octets = Buffer.from(real[pick(real.length)] ?? randomBytes(20));
  for (let change = 0; change <= pick(4); change++) octets[pick(octets.length)] = pick(256);
  switch (pick(4)) {
    case 0:
      return octets.subarray(0, pick(octets.length));
    case 1:
      return Buffer.concat([octets, randomBytes(pick(100))]);
    case 2:
      octets.writeUInt16BE(pick(65_536), 2);
      return octets;
    default:
      octets[0] = pick(256);
      return octets;
  }
}

const counted = async (port: string) =>
  (await metricOf(ready.http, "weir_radius_dropped_total", `port="${port}"`)) +
  (await metricOf(ready.http, "weir_radius_duplicates_total", `port="${port}"`)) +
  (await metricOf(ready.http, "weir_radius_replies_total", `port="${port}"`));

const residentOctets = async (): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${weir.pid}/status`, "utf8"))?.[1]) * 1024;

/** Sends in bursts, each only when the one before was taken in, so that the kernel has to drop none. */
async function flood(peer: RadiusPeer, port: "auth" | "acct", count: number, real: readonly Buffer[]): Promise<void> {
  const before = await metricOf(ready.http, "weir_radius_received_total", `port="${port}"`);
  const received = () => metricOf(ready.http, "weir_radius_received_total", `port="${port}"`);
  for (let sent = 0; sent < count; sent += BURST) {
    for (let n = 0; n < BURST; n++) peer.send(badDatagram(real));
    // Every fifth time is often enough for the receive buffer, which holds far more small datagrams.
    if ((sent / BURST) % 5 === 4)
      await expect.poll(received, { interval: 2, timeout: 10_000 }).toBe(before + sent + BURST);
    else await new Promise(setImmediate);
  }
  await expect.poll(received, { interval: 5, timeout: 10_000 }).toBe(before + count);
}

test("100,000 random and mutated packets are each counted with a reason, and good ones are answered at once afterwards", async () => {
  const [auth, acct] = [await openRadiusPeer(ready.auth ?? 0), await openRadiusPeer(ready.acct ?? 0)];
  const login = accessRequest({ secret: SECRET, username: "nobody", password: "wrong" });
  const records = [1, 2, 3, 7].map((status) =>
    accountingRequest({ secret: SECRET, status, session: `s-${status}`, ipv4: "100.64.9.9" }),
  );
  await flood(auth, "auth", PACKETS / 10, [login, ...records]);
  await flood(acct, "acct", PACKETS / 10, [login, ...records]);
  const warm = await residentOctets();
  await flood(auth, "auth", PACKETS * 0.4, [login, ...records]);
  await flood(acct, "acct", PACKETS * 0.4, [login, ...records]);

  expect(await metricOf(ready.http, "weir_radius_kernel_dropped")).toBe(0);
  for (const port of ["auth", "acct"])
    await expect.poll(async () => await counted(port), { timeout: 10_000 }).toBe(PACKETS / 2);
  const reasons = await (await fetch(`http://127.0.0.1:${ready.http}/metrics`)).text();
  for (const reason of ["shorter-than-header", "length-beyond-datagram", "wrong-code", "bad-authenticator"])
    expect(reasons).toContain(`weir_radius_dropped_total{port="acct",reason="${reason}"}`);
  expect(reasons).not.toContain('reason="internal-error"');
  expect((await residentOctets()) - warm).toBeLessThan(64 * 1024 * 1024);

  const since = performance.now();
  const answer = await acct.ask(
    accountingRequest({ secret: SECRET, identifier: 77, status: 1, session: "good", username: "good-after-bad" }),
  );
  expect(answer?.code).toBe(5);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(await callWeir(ready.http, "GET", "/v1/sessions?username=good-after-bad")).toMatchObject({
    items: [{ acctSessionId: "good" }],
  });
  const reject = await auth.ask(accessRequest({ secret: SECRET, identifier: 78, username: "nobody", password: "x" }));
  expect(reject?.code).toBe(3);
  await Promise.all([auth.close(), acct.close()]);
}, 60_000);
