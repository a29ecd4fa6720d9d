import { randomBytes } from "node:crypto";
import { Registry } from "prom-client";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createUpstreamClient, type UpstreamClient } from "../../../src/authorization/upstream-client.ts";
import { createUpstreamMetrics } from "../../../src/authorization/upstream-metrics.ts";
import type { UpstreamTiming } from "../../../src/authorization/upstream-server.ts";
import { Code } from "../../../src/radius/code.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { type FakeUpstream, startFakeUpstream, type UpstreamAnswer } from "../../support/fake-upstream.ts";

const secret = Buffer.from("upstream secret");
const accept: UpstreamAnswer = { code: Code.AccessAccept };
const timing: UpstreamTiming = {
  firstWaitMs: 60,
  maxWaitMs: 200,
  attempts: 2,
  attemptsAlone: 3,
  probeEveryMs: 80,
  retryAfterMs: 60_000,
};

const running: { stop(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});

async function upstream(answer: Parameters<typeof startFakeUpstream>[0]["answer"], port = 0): Promise<FakeUpstream> {
  const fake = await startFakeUpstream({ secret, port, answer });
  running.push(fake);
  return fake;
}

function clientOf(ports: readonly number[], changes: Partial<UpstreamTiming> = {}) {
  const registry = new Registry();
  const changed = vi.fn();
  const client = createUpstreamClient({
    servers: ports.map((port) => ({ host: "127.0.0.1", port })),
    kind: "auth",
    secret,
    metrics: createUpstreamMetrics(registry),
    randomOctets: randomBytes,
    changed,
    timing: { ...timing, ...changes },
  });
  running.push(client);
  return { client, registry, changed };
}

const userName = (text: string): RawAttribute => ({ type: 1, value: Buffer.from(text) });

const ask = (client: UpstreamClient, preferred?: string, attributes: readonly RawAttribute[] = [userName("alice")]) =>
  client.exchange(
    (identifier) =>
      encodeRequest({
        code: Code.AccessRequest,
        identifier,
        attributes,
        secret,
        authenticator: randomBytes(16),
        messageAuthenticator: true,
      }),
    preferred,
  );

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const fake = await startFakeUpstream({ secret, answer: () => undefined });
  await fake.stop();
  return fake.port;
}

const isStatus = (packet: { code: number }) => packet.code === Code.StatusServer;

describe("an exchange", () => {
  test("retransmits the same octets from the same port until they are answered", async () => {
    const server = await upstream((_packet, count) => (count < 3 ? undefined : accept));
    const { client } = clientOf([server.port]);
    expect((await ask(client)).kind).toBe("reply");
    expect(server.requests).toHaveLength(3);
    expect(new Set(server.requests.map(({ packet }) => packet.octets.toString("hex"))).size).toBe(1);
    expect(new Set(server.requests.map(({ fromPort }) => fromPort)).size).toBe(1);
  });

  test("ends without an answer after its last wait", async () => {
    const server = await upstream(() => undefined);
    const { client } = clientOf([server.port]);
    expect((await ask(client)).kind).toBe("no-answer");
    expect(server.requests.filter(({ packet }) => !isStatus(packet))).toHaveLength(3);
  });

  test("ignores an answer with a wrong secret, counts it, and takes the right one that follows", async () => {
    const server = await upstream((_packet, count) =>
      count === 1 ? { ...accept, secret: Buffer.from("wrong") } : accept,
    );
    const { client, registry } = clientOf([server.port]);
    expect((await ask(client)).kind).toBe("reply");
    expect(await registry.metrics()).toMatch(/replies_ignored_total\{.*reason="bad-authenticator"\} 1/);
  });

  test("ignores an answer whose code answers something else", async () => {
    const server = await upstream((_packet, count) => (count === 1 ? { code: Code.AccountingResponse } : accept));
    const { client } = clientOf([server.port]);
    expect(await ask(client)).toMatchObject({ kind: "reply", packet: { code: Code.AccessAccept } });
  });

  test("opens more source ports when 256 identifiers are in use, and gives every request its own answer", async () => {
    const server = await upstream((packet) => ({ code: Code.AccessAccept, attributes: packet.attributes.slice(1) }));
    const { client } = clientOf([server.port], { firstWaitMs: 2_000, maxWaitMs: 2_000 });
    const names = Array.from({ length: 700 }, (_, index) => `user${index}`);
    const outcomes = await Promise.all(names.map((name) => ask(client, undefined, [userName(name)])));
    const answered = outcomes.map((outcome) =>
      outcome.kind === "reply" ? outcome.packet.attributes.at(-1)?.value.toString() : outcome.kind,
    );
    expect(answered).toEqual(names);
    expect(new Set(server.requests.map(({ fromPort }) => fromPort)).size).toBeGreaterThanOrEqual(3);
  });

  test("uses an identifier again only after all others of its port", async () => {
    const server = await upstream(() => accept);
    const { client } = clientOf([server.port]);
    for (let round = 0; round < 300; round++) await ask(client);
    // A machine with much else to do makes the client ask again: the same octets, with the same authenticator.
    const byAuthenticator = new Map(
      server.requests.map(({ packet }) => [packet.authenticator.toString("hex"), packet.identifier]),
    );
    expect(byAuthenticator.size).toBe(300);
    expect(new Set([...byAuthenticator.values()].slice(0, 256)).size).toBe(256);
  });

  test("gives its identifier back when the request cannot be built", async () => {
    const server = await upstream(() => accept);
    const { client } = clientOf([server.port]);
    const tooLong = { type: 1, value: Buffer.alloc(300) };
    for (let round = 0; round < 300; round++) await expect(ask(client, undefined, [tooLong])).rejects.toThrow("253");
    expect((await ask(client)).kind).toBe("reply");
    expect(new Set(server.requests.map(({ fromPort }) => fromPort)).size).toBe(1);
  });
});

describe("Message-Authenticator in answers", () => {
  const unsigned: UpstreamAnswer = { ...accept, messageAuthenticator: false };
  const eap: RawAttribute = { type: 79, value: Buffer.of(3, 1, 0, 4) };

  test("an old server's unsigned answer is taken, and counted", async () => {
    const server = await upstream(() => unsigned);
    const { client, registry } = clientOf([server.port]);
    expect((await ask(client)).kind).toBe("reply");
    expect(await registry.metrics()).toMatch(/without_message_authenticator_total\{.*\} 1/);
  });

  test("once a server has signed, its unsigned answers are ignored", async () => {
    const server = await upstream((_packet, count) => (count === 2 ? unsigned : accept));
    const { client, registry } = clientOf([server.port]);
    await ask(client);
    await ask(client);
    expect(server.requests).toHaveLength(3);
    expect(await registry.metrics()).toMatch(/reason="no-message-authenticator"\} 1/);
  });

  test("an old server that signs only EAP answers goes on being heard without", async () => {
    const server = await upstream((_packet, count) =>
      count === 1 ? { ...accept, attributes: [eap], messageAuthenticator: true } : unsigned,
    );
    const { client } = clientOf([server.port]);
    await ask(client);
    await ask(client);
    expect(server.requests).toHaveLength(2);
  });

  test("an unsigned answer with EAP is never taken", async () => {
    const server = await upstream((_packet, count) => (count === 1 ? { ...unsigned, attributes: [eap] } : accept));
    const { client } = clientOf([server.port]);
    await ask(client);
    expect(server.requests).toHaveLength(2);
  });
});

describe("fail-over", () => {
  test("goes to the next server when the first does not answer, and stays there while the first is down", async () => {
    const silent = await upstream(() => undefined);
    const second = await upstream(() => accept);
    const { client, changed } = clientOf([silent.port, second.port]);
    expect(await ask(client)).toMatchObject({ kind: "reply", server: `127.0.0.1:${second.port}` });
    expect(changed).toHaveBeenCalledWith({ name: `127.0.0.1:${silent.port}`, isUp: false });
    await ask(client);
    expect(silent.requests.filter(({ packet }) => !isStatus(packet))).toHaveLength(2);
  });

  test("goes on at once when the operating system says that nobody listens", async () => {
    const second = await upstream(() => accept);
    const { client } = clientOf([await closedPort(), second.port], { firstWaitMs: 5_000, maxWaitMs: 5_000 });
    const startedAt = performance.now();
    expect((await ask(client)).kind).toBe("reply");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test("a server that is down is probed with Status-Server, and preferred again once it answers", async () => {
    let isAwake = false;
    const first = await upstream(() => (isAwake ? accept : undefined));
    const second = await upstream(() => accept);
    const { client, changed } = clientOf([first.port, second.port]);
    await ask(client);
    isAwake = true;
    await vi.waitFor(() => expect(changed).toHaveBeenCalledWith({ name: `127.0.0.1:${first.port}`, isUp: true }));
    expect(first.requests.some(({ packet }) => isStatus(packet))).toBe(true);
    expect(await ask(client)).toMatchObject({ server: `127.0.0.1:${first.port}` });
  });

  test("a server that does not know Status-Server is tried again after a while", async () => {
    let isAwake = false;
    const first = await upstream((packet) => (isAwake && !isStatus(packet) ? accept : undefined));
    const second = await upstream(() => accept);
    const { client } = clientOf([first.port, second.port], { retryAfterMs: 150 });
    await ask(client);
    isAwake = true;
    await vi.waitFor(async () => expect(await ask(client)).toMatchObject({ server: `127.0.0.1:${first.port}` }));
  });

  test("one that answers others is not taken for down because it drops this request", async () => {
    const picky = await upstream((packet) =>
      packet.attributes.some(({ value }) => value.toString() === "mallory") ? undefined : accept,
    );
    const { client, changed } = clientOf([picky.port]);
    const dropped = ask(client, undefined, [userName("mallory")]);
    const others = setInterval(() => void ask(client), 20);
    expect((await dropped).kind).toBe("no-answer");
    clearInterval(others);
    expect(changed).not.toHaveBeenCalled();
  });

  test("the only server is asked again although nobody listens yet: it may be restarting", async () => {
    const port = await closedPort();
    const { client } = clientOf([port], { firstWaitMs: 150, maxWaitMs: 300 });
    const asked = ask(client);
    await upstream(() => accept, port);
    expect((await asked).kind).toBe("reply");
  });

  test("a conversation goes on with the server that it began with", async () => {
    const first = await upstream(() => accept);
    const second = await upstream(() => accept);
    const { client } = clientOf([first.port, second.port]);
    const name = `127.0.0.1:${second.port}`;
    expect(await ask(client, name)).toMatchObject({ kind: "reply", server: name });
  });

  test("a name that does not resolve is unreachable, and the next server is asked", async () => {
    const second = await upstream(() => accept);
    const client = createUpstreamClient({
      servers: [
        { host: "nowhere.invalid", port: 1812 },
        { host: "127.0.0.1", port: second.port },
      ],
      kind: "auth",
      secret,
      metrics: createUpstreamMetrics(new Registry()),
      randomOctets: randomBytes,
      changed: () => undefined,
      timing,
    });
    running.push(client);
    expect((await ask(client)).kind).toBe("reply");
  });
});

test("stopping ends what is under way", async () => {
  const server = await upstream(() => undefined);
  const { client } = clientOf([server.port], { firstWaitMs: 60_000, maxWaitMs: 60_000 });
  const asked = ask(client);
  await vi.waitFor(() => expect(server.requests.length).toBeGreaterThan(0));
  client.stop();
  expect((await asked).kind).toBe("unreachable");
});
