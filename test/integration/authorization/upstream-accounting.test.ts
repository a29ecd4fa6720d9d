import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { storeRecords } from "../../../src/authorization/forwarded-accounting-store.ts";
import { octetsToForward } from "../../../src/authorization/forwarded-record.ts";
import {
  type AccountingForwarder,
  createAccountingForwarder,
  type ForwarderLimits,
} from "../../../src/authorization/upstream-accounting.ts";
import { createUpstreamClient } from "../../../src/authorization/upstream-client.ts";
import { createUpstreamMetrics } from "../../../src/authorization/upstream-metrics.ts";
import type { Queryable } from "../../../src/database/database.ts";
import { Code } from "../../../src/radius/code.ts";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import type { Packet, RawAttribute } from "../../../src/radius/packet.ts";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

const secret = Buffer.from("upstream secret");
const nasSecret = Buffer.from("nas secret");
const proxyState = Buffer.from("weir-hop");
const startedAt = new Date("2024-05-01T10:00:00Z");

const text = (type: number, value: string): RawAttribute => ({ type, value: Buffer.from(value) });
const number = (type: number, value: number): RawAttribute => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return { type, value: octets };
};

function record(
  attributes: readonly RawAttribute[] = [text(44, "session-1"), text(1, "alice")],
  messageAuthenticator = true,
): Packet {
  const octets = encodeRequest({
    code: Code.AccountingRequest,
    identifier: 9,
    attributes,
    secret: nasSecret,
    messageAuthenticator,
  });
  const decoded = decodePacket(octets);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterAll(() => test_.drop());

let now = startedAt;
let registry: Registry;
let failures: unknown[] = [];
const running: { stop(): unknown }[] = [];
beforeEach(() => {
  now = startedAt;
  registry = new Registry();
  failures = [];
});
afterEach(async () => {
  for (const part of running.splice(0)) await part.stop();
  await test_.database.query("delete from forwarded_accounting");
  expect(failures).toEqual([]);
});

async function upstream(answer: Parameters<typeof startFakeUpstream>[0]["answer"], port = 0): Promise<FakeUpstream> {
  const fake = await startFakeUpstream({ secret, answer, port });
  running.push(fake);
  return fake;
}

function forwarderTo(
  port: number,
  { database = test_.database, ...limits }: Partial<ForwarderLimits> & { readonly database?: Queryable } = {},
): AccountingForwarder {
  const metrics = createUpstreamMetrics(registry);
  const client = createUpstreamClient({
    servers: [{ host: "127.0.0.1", port }],
    kind: "acct",
    secret,
    metrics,
    randomOctets: randomBytes,
    changed: () => undefined,
    timing: { firstWaitMs: 40, maxWaitMs: 40, attemptsAlone: 2, probeEveryMs: 60 },
  });
  const forwarder = createAccountingForwarder({
    database,
    client,
    secret,
    metrics,
    now: () => now,
    proxyState,
    onError: (error) => failures.push(error),
    limits: { firstRetryMs: 20, maxRetryMs: 50, tendEveryMs: 20, drainMs: 300, ...limits },
  });
  running.unshift(forwarder, client);
  return forwarder;
}

const stored = async () =>
  (await test_.database.query<{ attributes: Buffer }>("select attributes from forwarded_accounting order by id")).map(
    ({ attributes }) => attributes,
  );
const answering = () => ({ code: Code.AccountingResponse, messageAuthenticator: false }) as const;
const sessionsAt = (fake: FakeUpstream) =>
  accountingOf(fake).map(({ attributes }) => attributes.find(({ type }) => type === 44)?.value.toString() ?? "");

const accountingOf = (fake: FakeUpstream) =>
  fake.requests.map(({ packet }) => packet).filter(({ code }) => code === Code.AccountingRequest);
const plain = (packet: Packet | undefined) =>
  packet?.attributes.map(({ type, value }) => ({ type, value: value.toString("hex") }));
const hexed = (attributes: readonly RawAttribute[]) =>
  attributes.map(({ type, value }) => ({ type, value: value.toString("hex") }));
const dropped = async () =>
  (await registry.metrics()).split("\n").filter((line) => line.startsWith("weir_upstream_accounting_dropped_total{"));

describe("a forwarded record", () => {
  test("keeps everything but our Class and the Message-Authenticator, with our Proxy-State last", async () => {
    const server = await upstream(() => ({ code: Code.AccountingResponse, messageAuthenticator: false }));
    const unknown = { type: 250, value: Buffer.from("00ff", "hex") };
    const others = [text(25, "upstream's own"), unknown, text(33, "the NAS's proxy"), text(44, "session-1")];
    await forwarderTo(server.port).forward({ packet: record([text(25, "weir:77"), ...others]), receivedAt: startedAt });
    await vi.waitFor(() => expect(accountingOf(server)).toHaveLength(1));
    expect(plain(accountingOf(server)[0])).toEqual(hexed([...others, { type: 33, value: proxyState }]));
  });

  test("that waited says for how long, added to the NAS's own delay, as a new request", async () => {
    const server = await upstream((_packet, count) =>
      count <= 2 ? undefined : { code: Code.AccountingResponse, messageAuthenticator: false },
    );
    await forwarderTo(server.port, { firstRetryMs: 60 }).forward({
      packet: record([number(41, 5), text(44, "session-1")]),
      receivedAt: startedAt,
    });
    await vi.waitFor(() => expect(accountingOf(server)).toHaveLength(2));
    now = new Date(startedAt.getTime() + 12_900);
    await vi.waitFor(() => expect(accountingOf(server)).toHaveLength(3));
    const [first, again, later] = accountingOf(server);
    expect(again?.octets).toEqual(first?.octets);
    expect(first?.attributes[0]?.value.readUInt32BE()).toBe(5);
    expect(later?.attributes[0]?.value.readUInt32BE()).toBe(17);
    expect(later?.identifier).not.toBe(first?.identifier);
  });

  test("that waited gets an Acct-Delay-Time where the NAS gave none", async () => {
    const server = await upstream(() => ({ code: Code.AccountingResponse, messageAuthenticator: false }));
    now = new Date(startedAt.getTime() + 3_000);
    await forwarderTo(server.port).forward({ packet: record(), receivedAt: startedAt });
    await vi.waitFor(() => expect(accountingOf(server)).toHaveLength(1));
    const delay = accountingOf(server)[0]?.attributes.find(({ type }) => type === 41);
    expect(delay?.value.readUInt32BE()).toBe(3);
  });
});

describe("what waits", () => {
  test("is in the database once it is taken, without our Class and what is signed with the secret, and out of it once answered", async () => {
    let isAway = true;
    const server = await upstream(() => (isAway ? undefined : answering()));
    const forwarder = forwarderTo(server.port);
    await forwarder.forward({
      packet: record([text(25, "weir:77"), text(44, "session-1"), text(1, "alice")]),
      receivedAt: startedAt,
    });
    expect((await stored()).map((octets) => octets.toString("latin1"))).toEqual(["\x2c\x0bsession-1\x01\x07alice"]);
    isAway = false;
    await expect.poll(stored).toEqual([]);
    expect(new Set(sessionsAt(server))).toEqual(new Set(["session-1"]));
    expect(await dropped()).toEqual([]);
  });

  test("is given back at a stop, and taken up by the next start with its delay", async () => {
    const silent = await upstream(() => undefined);
    const forwarder = forwarderTo(silent.port, { maxUnderWay: 1 });
    for (let index = 0; index < 4; index++)
      await forwarder.forward({ packet: record([text(44, `session-${index}`)]), receivedAt: startedAt });
    const stopping = performance.now();
    await forwarder.stop();
    expect(performance.now() - stopping).toBeLessThan(2_000);
    await expect(forwarder.forward({ packet: record(), receivedAt: startedAt })).rejects.toThrow("stopped");
    failures = [];
    expect(await stored()).toHaveLength(4);
    now = new Date(startedAt.getTime() + 7_000);
    registry = new Registry();
    const server = await upstream(answering);
    forwarderTo(server.port);
    await expect.poll(stored).toEqual([]);
    expect(sessionsAt(server).sort()).toEqual(["session-0", "session-1", "session-2", "session-3"]);
    for (const { attributes } of accountingOf(server))
      expect(attributes.find(({ type }) => type === 41)?.value.readUInt32BE()).toBe(7);
    expect(await dropped()).toEqual([]);
  });

  test("of a process that died is taken up when its lease is over, and not before", async () => {
    const attributes = Buffer.from("\x2c\x0bsession-1", "latin1");
    const begun = performance.now();
    await storeRecords(test_.database, [{ receivedAt: startedAt, attributes }], [400]);
    const server = await upstream(answering);
    forwarderTo(server.port);
    await expect.poll(stored, { interval: 5 }).toEqual([]);
    expect(performance.now() - begun).toBeGreaterThan(400);
    expect(sessionsAt(server)).toEqual(["session-1"]);
  });

  test("stays with a process that lives, however long the upstream takes, so that nobody sends it twice", async () => {
    const slow = await upstream(() => undefined);
    await forwarderTo(slow.port, { leaseMs: 600, maxUnderWay: 0 }).forward({ packet: record(), receivedAt: startedAt });
    registry = new Registry();
    const other = await upstream(answering);
    forwarderTo(other.port);
    await setTimeout(1_500);
    expect(await stored()).toHaveLength(1);
    expect(accountingOf(other)).toEqual([]);
  });

  test("is shared by processes: every record goes on once", async () => {
    const names = Array.from({ length: 500 }, (_, index) => `session-${index}`);
    await storeRecords(
      test_.database,
      names.map((name) => ({ receivedAt: startedAt, attributes: octetsToForward(record([text(44, name)])) })),
      names.map(() => 0),
    );
    const server = await upstream(answering);
    for (let process = 0; process < 2; process++) {
      registry = new Registry();
      forwarderTo(server.port, { maxHeld: 40, maxUnderWay: 10 });
    }
    await expect.poll(stored, { timeout: 10_000 }).toEqual([]);
    expect(sessionsAt(server).sort()).toEqual(names.sort());
  });

  test("beyond what a process can hold waits in the database, and goes on as soon as there is room", async () => {
    const server = await upstream(answering);
    const forwarder = forwarderTo(server.port, { maxHeld: 5, maxUnderWay: 2 });
    const names = Array.from({ length: 300 }, (_, index) => `session-${index}`);
    await Promise.all(
      names.map((name) => forwarder.forward({ packet: record([text(44, name)]), receivedAt: startedAt })),
    );
    await expect.poll(stored, { timeout: 10_000 }).toEqual([]);
    expect(new Set(sessionsAt(server)).size).toBe(300);
    expect(await dropped()).toEqual([]);
  });

  test("beyond what the database may hold is dropped and counted, and its NAS answered", async () => {
    const server = await upstream(() => undefined);
    const forwarder = forwarderTo(server.port, { maxStored: 3 });
    for (let index = 0; index < 3; index++) await forwarder.forward({ packet: record(), receivedAt: startedAt });
    await expect.poll(() => registry.getSingleMetricAsString("weir_upstream_accounting_queued")).toMatch(/ 3$/m);
    await forwarder.forward({ packet: record(), receivedAt: startedAt });
    expect(await dropped()).toEqual(['weir_upstream_accounting_dropped_total{reason="queue-full"} 1']);
    expect(await stored()).toHaveLength(3);
  });

  test("is given up and deleted after its time, whoever had it", async () => {
    const server = await upstream(() => undefined);
    await storeRecords(test_.database, [{ receivedAt: startedAt, attributes: Buffer.alloc(0) }], [60_000]);
    const forwarder = forwarderTo(server.port, { giveUpAfterMs: 1_000 });
    await forwarder.forward({ packet: record(), receivedAt: startedAt });
    now = new Date(startedAt.getTime() + 1_001);
    await expect.poll(dropped).toEqual(['weir_upstream_accounting_dropped_total{reason="gave-up"} 2']);
    expect(await stored()).toEqual([]);
  });

  test("is dropped where it has no room for our Proxy-State", async () => {
    const server = await upstream(() => undefined);
    const full = Array.from({ length: 15 }, () => ({ type: 250, value: Buffer.alloc(253) }));
    const rest = { type: 250, value: Buffer.alloc(4096 - 20 - 15 * 255 - 2) };
    const packet = record([...full, rest], false);
    expect(packet.octets).toHaveLength(4096);
    await forwarderTo(server.port).forward({ packet, receivedAt: startedAt });
    await expect.poll(dropped).toEqual(['weir_upstream_accounting_dropped_total{reason="not-encodable"} 1']);
    await expect.poll(stored).toEqual([]);
  });
});

test("what the database does not take is not taken, and what it does not delete is deleted later", async () => {
  let isAway = true;
  const query: Queryable["query"] = (sql, values) =>
    isAway ? Promise.reject(new Error("connection refused")) : test_.database.query(sql, values);
  const server = await upstream(() => {
    isAway = true;
    return answering();
  });
  const forwarder = forwarderTo(server.port, { database: { query } });
  await expect(forwarder.forward({ packet: record(), receivedAt: startedAt })).rejects.toThrow();
  isAway = false;
  await forwarder.forward({ packet: record(), receivedAt: startedAt });
  await vi.waitFor(() => expect(accountingOf(server)).toHaveLength(1));
  await vi.waitFor(() => expect(isAway).toBe(true));
  expect(await stored()).toHaveLength(1);
  isAway = false;
  await expect.poll(stored).toEqual([]);
  expect(accountingOf(server)).toHaveLength(1);
  expect(failures.length).toBeGreaterThan(0);
  failures = [];
});
