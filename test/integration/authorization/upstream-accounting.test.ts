import { randomBytes } from "node:crypto";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type AccountingForwarder,
  createAccountingForwarder,
  type ForwarderLimits,
} from "../../../src/authorization/upstream-accounting.ts";
import { createUpstreamClient } from "../../../src/authorization/upstream-client.ts";
import { createUpstreamMetrics } from "../../../src/authorization/upstream-metrics.ts";
import { Code } from "../../../src/radius/code.ts";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import type { Packet, RawAttribute } from "../../../src/radius/packet.ts";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";

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

let now = startedAt;
let registry: Registry;
const running: { stop(): unknown }[] = [];
beforeEach(() => {
  now = startedAt;
  registry = new Registry();
});
afterEach(async () => {
  for (const part of running.splice(0)) await part.stop();
});

async function upstream(answer: Parameters<typeof startFakeUpstream>[0]["answer"]): Promise<FakeUpstream> {
  const fake = await startFakeUpstream({ secret, answer });
  running.push(fake);
  return fake;
}

function forwarderTo(port: number, limits: Partial<ForwarderLimits> = {}): AccountingForwarder {
  const metrics = createUpstreamMetrics(registry);
  const client = createUpstreamClient({
    servers: [{ host: "127.0.0.1", port }],
    kind: "acct",
    secret,
    metrics,
    randomOctets: randomBytes,
    changed: () => undefined,
    timing: { firstWaitMs: 40, maxWaitMs: 40, attemptsAlone: 2, probeEveryMs: 60_000 },
  });
  const forwarder = createAccountingForwarder({
    client,
    secret,
    metrics,
    now: () => now,
    proxyState,
    limits: { firstRetryMs: 20, maxRetryMs: 50, drainMs: 100, ...limits },
  });
  running.unshift(forwarder, client);
  return forwarder;
}

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
    forwarderTo(server.port).forward({ packet: record([text(25, "weir:77"), ...others]), receivedAt: startedAt });
    await vi.waitFor(() => expect(accountingOf(server)).toHaveLength(1));
    expect(plain(accountingOf(server)[0])).toEqual(hexed([...others, { type: 33, value: proxyState }]));
  });

  test("that waited says for how long, added to the NAS's own delay, as a new request", async () => {
    const server = await upstream((_packet, count) =>
      count <= 2 ? undefined : { code: Code.AccountingResponse, messageAuthenticator: false },
    );
    forwarderTo(server.port, { firstRetryMs: 60 }).forward({
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
    forwarderTo(server.port).forward({ packet: record(), receivedAt: startedAt });
    await vi.waitFor(() => expect(accountingOf(server)).toHaveLength(1));
    const delay = accountingOf(server)[0]?.attributes.find(({ type }) => type === 41);
    expect(delay?.value.readUInt32BE()).toBe(3);
  });
});

describe("the queue", () => {
  test("drops and counts what does not fit, and never waits", async () => {
    const server = await upstream(() => undefined);
    const forwarder = forwarderTo(server.port, { maxQueue: 3 });
    for (let index = 0; index < 5; index++) forwarder.forward({ packet: record(), receivedAt: startedAt });
    expect(await dropped()).toEqual(['weir_upstream_accounting_dropped_total{reason="queue-full"} 2']);
  });

  test("gives up on a record after its time", async () => {
    const server = await upstream(() => undefined);
    forwarderTo(server.port, { giveUpAfterMs: 1_000 }).forward({ packet: record(), receivedAt: startedAt });
    now = new Date(startedAt.getTime() + 990);
    await vi.waitFor(async () =>
      expect(await dropped()).toEqual(['weir_upstream_accounting_dropped_total{reason="gave-up"} 1']),
    );
  });

  test("drops a record that has no room for our Proxy-State", async () => {
    const server = await upstream(() => undefined);
    const full = Array.from({ length: 15 }, () => ({ type: 250, value: Buffer.alloc(253) }));
    const rest = { type: 250, value: Buffer.alloc(4096 - 20 - 15 * 255 - 2) };
    const packet = record([...full, rest], false);
    expect(packet.octets).toHaveLength(4096);
    forwarderTo(server.port).forward({ packet, receivedAt: startedAt });
    await vi.waitFor(async () =>
      expect(await dropped()).toEqual(['weir_upstream_accounting_dropped_total{reason="not-encodable"} 1']),
    );
  });

  test("keeps no more under way than allowed, and delivers every record", async () => {
    const server = await upstream(() => ({ code: Code.AccountingResponse, messageAuthenticator: false }));
    const forwarder = forwarderTo(server.port, { maxUnderWay: 10 });
    for (let index = 0; index < 500; index++)
      forwarder.forward({ packet: record([text(44, `session-${index}`)]), receivedAt: startedAt });
    await vi.waitFor(() => {
      const ids = new Set(accountingOf(server).map(({ attributes }) => attributes[0]?.value.toString()));
      expect(ids.size).toBe(500);
    });
    expect(await dropped()).toEqual([]);
  });

  test("at the end what can be delivered in a moment is, and the rest is counted", async () => {
    const silent = await upstream(() => undefined);
    const forwarder = forwarderTo(silent.port, { maxUnderWay: 1 });
    for (let index = 0; index < 4; index++) forwarder.forward({ packet: record(), receivedAt: startedAt });
    const stopping = performance.now();
    await forwarder.stop();
    expect(performance.now() - stopping).toBeLessThan(1_000);
    forwarder.forward({ packet: record(), receivedAt: startedAt });
    const [line] = await dropped();
    expect(line).toBe('weir_upstream_accounting_dropped_total{reason="stopping"} 5');
  });
});
