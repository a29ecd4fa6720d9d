import { hash } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { counted, disconnect, enforce, type GatewayUnderTest, nasAt, session, startGateway } from "./gateway.ts";
import {
  ack,
  errorCause,
  integerAttribute,
  nak,
  type Script,
  type ScriptedPeer,
  secret,
  startScriptedPeer,
} from "./scripted-peer.ts";

const EVENT_TIMESTAMP = 55;
const IGNORED = "weir_coa_ignored_replies_total";
const quick = { timeoutMs: 40, retries: 2 };
const another = { secret: Buffer.from("another secret") };

let gateway: GatewayUnderTest;
let peer: ScriptedPeer | undefined;

async function start(script: Script): Promise<ScriptedPeer> {
  gateway = startGateway();
  peer = await startScriptedPeer(script);
  return peer;
}
afterEach(async () => {
  await gateway.stop();
  await peer?.stop();
  peer = undefined;
});

test("an ACK: acknowledged, with its octets and both times", async () => {
  const { port, seen } = await start(({ packet }) => [ack(packet)]);
  const outcome = await enforce(gateway, nasAt(port));
  expect(outcome).toMatchObject({ kind: "acknowledged", attempts: 1 });
  expect(outcome.response).toEqual(ack(seen[0]!.packet));
  expect(outcome.answeredAt!.getTime()).toBeGreaterThanOrEqual(outcome.sentAt.getTime());
});

test("a Disconnect-Request is answered by its own codes; a CoA-ACK to it is none", async () => {
  const { port } = await start(({ packet }, earlier) =>
    earlier.length === 0 ? [ack({ ...packet, code: 43 }, {})] : [ack(packet)],
  );
  expect(await enforce(gateway, nasAt(port, quick), disconnect)).toMatchObject({ kind: "acknowledged", attempts: 2 });
  expect(await counted(gateway.registry, IGNORED, { reason: "wrong-code" })).toBe(1);
});

test.each([401, 402, 403, 405, 407, 503, 506, 508])(
  "a NAK with Error-Cause %i: refused for that cause",
  async (cause) => {
    const { port } = await start(({ packet }) => [nak(packet, { attributes: [errorCause(cause)] })]);
    expect(await enforce(gateway, nasAt(port))).toMatchObject({ kind: "refused", errorCause: cause, attempts: 1 });
  },
);

test("a NAK without a cause, or with one of another length, is refused for no cause", async () => {
  const { port } = await start(({ packet }, earlier) => [
    nak(packet, { attributes: earlier.length === 0 ? [] : [{ type: 101, value: Buffer.of(1, 2) }] }),
  ]);
  for (let round = 0; round < 2; round++) {
    const outcome = await enforce(gateway, nasAt(port));
    expect(outcome.kind).toBe("refused");
    expect(outcome).not.toHaveProperty("errorCause");
  }
});

test.each([0, 42, 299, 600, 65_536])("a cause that no RFC knows, %i, is told as it came", async (cause) => {
  const { port } = await start(({ packet }) => [nak(packet, { attributes: [errorCause(cause)] })]);
  expect(await enforce(gateway, nasAt(port))).toMatchObject({ kind: "refused", errorCause: cause, attempts: 1 });
});

test("a cause too large to be any is none", async () => {
  const { port } = await start(({ packet }) => [nak(packet, { attributes: [errorCause(0x8000_0000)] })]);
  const outcome = await enforce(gateway, nasAt(port));
  expect(outcome.kind).toBe("refused");
  expect(outcome).not.toHaveProperty("errorCause");
});

test("of two causes the first counts; one in an ACK (201) makes it no refusal", async () => {
  const { port } = await start(({ packet }, earlier) =>
    earlier.length === 0
      ? [nak(packet, { attributes: [errorCause(506), errorCause(401)] })]
      : [ack(packet, { attributes: [errorCause(201)] })],
  );
  expect(await enforce(gateway, nasAt(port))).toMatchObject({ kind: "refused", errorCause: 506 });
  expect(await enforce(gateway, nasAt(port), disconnect)).toMatchObject({ kind: "acknowledged" });
});

test("silence: no-answer, after every retransmission", async () => {
  const { port, seen } = await start(() => []);
  const outcome = await enforce(gateway, nasAt(port, quick));
  expect(outcome).toMatchObject({ kind: "no-answer", attempts: 3 });
  expect(outcome).not.toHaveProperty("answeredAt");
  expect(seen).toHaveLength(3);
  expect(await counted(gateway.registry, "weir_coa_datagrams_sent_total")).toBe(3);
});

test("answers with another secret: not-authentic in the end, with the forged octets", async () => {
  const { port, seen } = await start(({ packet }) => [ack(packet, another)]);
  const outcome = await enforce(gateway, nasAt(port, quick));
  expect(outcome).toMatchObject({ kind: "not-authentic", attempts: 3 });
  expect(outcome.response).toEqual(ack(seen[2]!.packet, another));
});

test("a forged answer before the genuine one changes nothing", async () => {
  const { port } = await start(({ packet }) => [nak(packet, another), ack(packet)]);
  expect(await enforce(gateway, nasAt(port))).toMatchObject({ kind: "acknowledged", attempts: 1 });
  expect(await counted(gateway.registry, IGNORED, { reason: "not-authentic" })).toBe(1);
});

test("a Message-Authenticator that does not fit is not authentic, though the Response Authenticator does", async () => {
  const { port } = await start(({ packet }) => {
    const octets = ack(packet);
    octets[22] = (octets[22] ?? 0) ^ 1;
    packet.authenticator.copy(octets, 4);
    hash("md5", Buffer.concat([octets, secret]), "buffer").copy(octets, 4);
    return [octets];
  });
  expect((await enforce(gateway, nasAt(port, quick))).kind).toBe("not-authentic");
});

test("malformed datagrams and identifiers that nobody waits for are counted, and the genuine answer still counts", async () => {
  const { port } = await start(({ packet }) => {
    const elsewhere = ack({ ...packet, identifier: (packet.identifier + 1) % 256 });
    return [Buffer.from("short"), elsewhere, ack(packet)];
  });
  expect((await enforce(gateway, nasAt(port))).kind).toBe("acknowledged");
  expect(await counted(gateway.registry, IGNORED, { reason: "malformed" })).toBe(1);
  expect(await counted(gateway.registry, IGNORED, { reason: "unknown-identifier" })).toBe(1);
});

test("an answer with a stale Event-Timestamp is discarded; a current one is taken", async () => {
  const seconds = Math.floor(Date.now() / 1000);
  const { port } = await start(({ packet }, earlier) => [
    ack(packet, { attributes: [integerAttribute(EVENT_TIMESTAMP, earlier.length === 0 ? seconds - 301 : seconds)] }),
  ]);
  expect(await enforce(gateway, nasAt(port, quick))).toMatchObject({ kind: "acknowledged", attempts: 2 });
  expect(await counted(gateway.registry, IGNORED, { reason: "stale" })).toBe(1);
});

test("a late answer finds its request over: it is counted, and is no answer to the next one", async () => {
  const nas = await start(() => []);
  expect((await enforce(gateway, nasAt(nas.port, { timeoutMs: 20, retries: 0 }))).kind).toBe("no-answer");
  const [late] = nas.seen;
  nas.script = ({ packet }) => [ack(late!.packet), ack(packet)];
  expect((await enforce(gateway, nasAt(nas.port))).kind).toBe("acknowledged");
  expect(await counted(gateway.registry, IGNORED, { reason: "unknown-identifier" })).toBe(1);
});

test("stopping ends what is under way as not answered, and what comes after it is not sent", async () => {
  const { port, seen } = await start(() => []);
  const nas = nasAt(port, { timeoutMs: 60_000 });
  const [first, second] = [
    await gateway.prepare(nas, session, disconnect),
    await gateway.prepare(nas, session, disconnect),
  ];
  const sending = first.send(() => true);
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  await gateway.stop();
  expect(await sending).toMatchObject({ kind: "no-answer", attempts: 1 });
  expect(await second.send(() => true)).toMatchObject({ kind: "no-answer", attempts: 0 });
  expect(gateway.capacity(nas)).toBe(0);
  await expect(gateway.prepare(nas, session, disconnect)).rejects.toThrow("no request is let in");
  expect(seen).toHaveLength(1);
});

test("nothing is sent again once it may not be, and nobody knows what the NAS did", async () => {
  const { port, seen } = await start(() => []);
  const prepared = await gateway.prepare(nasAt(port, { timeoutMs: 20, retries: 5 }), session, disconnect);
  expect(await prepared.send(() => seen.length < 2)).toMatchObject({ kind: "no-answer", attempts: 2 });
  expect(seen).toHaveLength(2);
});

test("nothing is sent at all where it may not be any more when its turn comes", async () => {
  const { port, seen } = await start(() => []);
  const nas = nasAt(port);
  const prepared = await gateway.prepare(nas, session, disconnect);
  expect(await prepared.send(() => false)).toMatchObject({ kind: "no-answer", attempts: 0 });
  expect(gateway.capacity(nas)).toBe(64);
  expect(seen).toEqual([]);
});
