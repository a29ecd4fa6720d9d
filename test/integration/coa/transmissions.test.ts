import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { RadiusError } from "../../../src/radius/radius-error.ts";
import {
  counted,
  disconnect,
  enforce,
  type GatewayUnderTest,
  garden,
  nasAt,
  session,
  startGateway,
} from "./gateway.ts";
import { ack, type Script, type ScriptedPeer, type SeenDatagram, startScriptedPeer } from "./scripted-peer.ts";

const WINDOW_MS = 300_000;
const always: Script = ({ packet }) => [ack(packet)];
const never: Script = () => [];
const place = ({ sourcePort, packet }: SeenDatagram) => `${sourcePort}/${packet.identifier}`;
const portsOf = (seen: readonly SeenDatagram[]) => new Set(seen.map(({ sourcePort }) => sourcePort));

let gateway: GatewayUnderTest;
let peer: ScriptedPeer;
/** What the gateway takes for the time that has passed: real time and this. */
let aheadMs = 0;
/** And for the time of day. */
let clockMs = 0;

async function start(script: Script): Promise<ScriptedPeer> {
  aheadMs = 0;
  clockMs = 0;
  gateway = startGateway({
    now: () => new Date(Date.now() + clockMs),
    uptimeMs: () => performance.now() + aheadMs,
  });
  peer = await startScriptedPeer(script);
  return peer;
}
afterEach(async () => {
  await gateway.stop();
  await peer.stop();
});

/** Whether a source port is free for another program. */
async function isFree(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  socket.bind({ port, exclusive: true });
  const isBound = await once(socket, "listening").then(
    () => true,
    () => false,
  );
  socket.close();
  return isBound;
}

test("a retransmission is the same octets from the same port, each wait about twice the one before", async () => {
  const { port, seen } = await start(never);
  const startedAt = performance.now();
  expect(await enforce(gateway, nasAt(port, { timeoutMs: 100, retries: 3 }))).toMatchObject({ attempts: 4 });
  expect(seen).toHaveLength(4);
  expect(portsOf(seen).size).toBe(1);
  for (const { octets } of seen) expect(octets).toEqual(seen[0]!.octets);
  // On a busy machine a datagram is seen late, never early.
  for (const [index, leastMs] of [0, 100, 300, 700].entries())
    expect(seen[index]!.atMs - startedAt).toBeGreaterThan(leastMs - 5);
});

test("no two requests of a window share source port and identifier: a burst of 2,000 opens eight ports", async () => {
  const { port, seen } = await start(always);
  const nas = nasAt(port, { maxInFlight: 64 });
  const workers = Array.from({ length: 64 }, async (_, worker) => {
    for (let turn = worker; turn < 2_000; turn += 64) {
      const { kind } = await enforce(gateway, nas, garden, { ...session, acctSessionId: `acct-${turn}` });
      expect(kind).toBe("acknowledged");
    }
  });
  await Promise.all(workers);
  const requests = new Map(seen.map((datagram) => [datagram.octets.toString("hex"), place(datagram)]));
  expect(requests.size).toBe(2_000);
  expect(new Set(requests.values()).size).toBe(2_000);
  const perPort = Map.groupBy(requests.values(), (text) => text.split("/")[0]);
  expect(perPort.size).toBe(8);
  for (const places of perPort.values()) expect(places.length).toBeLessThanOrEqual(256);
});

test("an identifier is used again only when its window is over", async () => {
  const { port, seen } = await start(always);
  const nas = nasAt(port);
  for (let count = 0; count < 257; count++) await enforce(gateway, nas);
  expect(portsOf(seen).size).toBe(2);
  aheadMs = WINDOW_MS - 5_000;
  const before = new Set(seen.map(place));
  await enforce(gateway, nas);
  expect(before.has(place(seen.at(-1)!))).toBe(false);
  aheadMs = WINDOW_MS + 5_000;
  await enforce(gateway, nas);
  expect(before.has(place(seen.at(-1)!))).toBe(true);
});

test.each([-3_600_000, 3_600_000])(
  "a clock that is set by %d ms frees no identifier early and holds none back, nor the rate",
  async (jumpMs) => {
    const { port, seen } = await start(always);
    const nas = nasAt(port, { ratePerSecond: 500 });
    for (let count = 0; count < 256; count++) await enforce(gateway, nas);
    clockMs = jumpMs;
    await enforce(gateway, nas);
    expect(new Set(seen.map(place)).size).toBe(257);
    aheadMs = WINDOW_MS + 5_000;
    await enforce(gateway, nas);
    expect(new Set(seen.map(place)).size).toBe(257);
    expect(gateway.capacity(nas)).toBe(64);
  },
);

test("an abandoned request gives its identifier and its place back", async () => {
  const { port, seen } = await start(always);
  const nas = nasAt(port, { maxInFlight: 1 });
  await enforce(gateway, nas);
  for (let count = 0; count < 300; count++) (await gateway.prepare(nas, session, garden)).abandon();
  expect(gateway.capacity(nas)).toBe(1);
  await enforce(gateway, nas);
  expect(portsOf(seen).size).toBe(1);
});

test("what fits no packet gives its identifier and its place back", async () => {
  const { port, seen } = await start(always);
  const nas = nasAt(port, { maxInFlight: 1 });
  const value = "x".repeat(240);
  const tooLong = {
    kind: "coa",
    attributes: Array.from({ length: 20 }, () => ({ name: "Filter-Id", value })),
  } as const;
  await enforce(gateway, nas);
  for (let count = 0; count < 300; count++)
    await expect(gateway.prepare(nas, session, tooLong)).rejects.toThrow(RadiusError);
  await enforce(gateway, nas);
  expect(gateway.capacity(nas)).toBe(1);
  expect(portsOf(seen).size).toBe(1);
});

test("never more than maxInFlight under way: a further request waits for a place", async () => {
  const { port, seen } = await start(never);
  const nas = nasAt(port, { maxInFlight: 3, timeoutMs: 60_000 });
  expect(gateway.capacity(nas)).toBe(3);
  const sending = Array.from({ length: 5 }, () => enforce(gateway, nas));
  await vi.waitFor(() => expect(seen).toHaveLength(3));
  expect(gateway.capacity(nas)).toBe(0);
  for (const count of [4, 5]) {
    peer.send(ack(seen[count - 4]!.packet), seen[count - 4]!.sourcePort);
    await vi.waitFor(() => expect(seen).toHaveLength(count));
  }
  for (const { packet, sourcePort } of seen.slice(2)) peer.send(ack(packet), sourcePort);
  expect(await Promise.all(sending)).toHaveLength(5);
  expect(gateway.capacity(nas)).toBe(3);
});

test("never more than ratePerSecond leave in any second", async () => {
  const { port, seen } = await start(always);
  const nas = nasAt(port, { ratePerSecond: 20 });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 50 }, () => enforce(gateway, nas)));
  // Seen late perhaps, never early: each twenty a second after the twenty before them.
  for (const [index, { atMs }] of seen.entries())
    expect(atMs - startedAt).toBeGreaterThan(Math.floor(index / 20) * 1_000 - 5);
});

test("retransmissions count against ratePerSecond, and do not keep new requests from being made", async () => {
  const { port, seen } = await start(never);
  const nas = nasAt(port, { ratePerSecond: 20, timeoutMs: 100, retries: 3 });
  const startedAt = performance.now();
  const silent = Array.from({ length: 15 }, () => enforce(gateway, nas));
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(15));
  peer.script = always;
  const fresh = await Promise.all(Array.from({ length: 20 }, () => enforce(gateway, nas)));
  expect(fresh.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => "acknowledged"));
  await Promise.all(silent);
  expect(seen.length).toBeGreaterThanOrEqual(16 + 20);
  // Seen late perhaps, never early: each twenty a second after the twenty before them.
  for (const [index, { atMs }] of seen.entries())
    expect(atMs - startedAt).toBeGreaterThan(Math.floor(index / 20) * 1_000 - 5);
});

test("a rate below one a second leaves one through at once", async () => {
  const { port } = await start(always);
  const nas = nasAt(port, { ratePerSecond: 0.2 });
  expect((await enforce(gateway, nas)).kind).toBe("acknowledged");
  expect(gateway.capacity(nas)).toBe(0);
  aheadMs = 5_100;
  expect(gateway.capacity(nas)).toBe(1);
});

test("limits that the operator changes hold at once, and identifiers go on resting", async () => {
  const { port, seen } = await start(always);
  await enforce(gateway, nasAt(port));
  const slower = nasAt(port, { ratePerSecond: 1, maxInFlight: 2 });
  expect(gateway.capacity(slower)).toBe(1);
  await enforce(gateway, slower);
  expect(gateway.capacity(slower)).toBe(0);
  expect(gateway.capacity(nasAt(port, { maxInFlight: 7 }))).toBe(7);
  expect(portsOf(seen).size).toBe(1);
  expect(new Set(seen.map(place)).size).toBe(2);
});

test("changePort: each request leaves from a port of its own", async () => {
  const { port, seen } = await start(always);
  const nas = nasAt(port, { changePort: true });
  await Promise.all(Array.from({ length: 30 }, () => enforce(gateway, nas)));
  expect(portsOf(seen).size).toBe(30);
});

test("a NAS that moves is asked where it is now, and what is under way ends where it was", async () => {
  const { port, seen } = await start(never);
  const elsewhere = await startScriptedPeer(always);
  const before = enforce(gateway, nasAt(port));
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  expect((await enforce(gateway, nasAt(elsewhere.port))).kind).toBe("acknowledged");
  peer.send(ack(seen[0]!.packet), seen[0]!.sourcePort);
  expect((await before).kind).toBe("acknowledged");
  await elsewhere.stop();
});

test("stopping gives every socket back, those of an address that the NAS had before too", async () => {
  const { port, seen } = await start(always);
  const elsewhere = await startScriptedPeer(always);
  for (const to of [port, elsewhere.port]) {
    const nas = nasAt(to, { changePort: true });
    await Promise.all(Array.from({ length: 5 }, () => enforce(gateway, nas)));
  }
  const sourcePorts = [...portsOf([...seen, ...elsewhere.seen])];
  expect(sourcePorts).toHaveLength(10);
  expect(await Promise.all(sourcePorts.map(isFree))).toEqual(sourcePorts.map(() => false));
  await gateway.stop();
  expect(await Promise.all(sourcePorts.map(isFree))).toEqual(sourcePorts.map(() => true));
  await elsewhere.stop();
});

test("messageAuthenticator false: none in the request, and the answer is still verified", async () => {
  const { port, seen } = await start(always);
  await enforce(gateway, nasAt(port, { messageAuthenticator: false }));
  expect((await enforce(gateway, nasAt(port))).kind).toBe("acknowledged");
  const hasOne = seen.map(({ packet }) => packet.attributes.some(({ type }) => type === 80));
  expect(hasOne).toEqual([false, true]);
});

test("sessionKeys: only those named, in place of the vendor's", async () => {
  const { port, seen } = await start(always);
  await enforce(gateway, nasAt(port, { sessionKeys: ["User-Name", "Calling-Station-Id"] }), disconnect);
  expect(seen[0]!.packet.attributes.map(({ type }) => type)).toEqual([80, 1, 31, 55]);
  expect(gateway.identification(nasAt(port), session)).toEqual({ kind: "session" });
  expect(gateway.identification(nasAt(port, { sessionKeys: ["Framed-IP-Address"] }), session)).toEqual({
    kind: "address",
    addresses: [session.ipv4],
  });
  expect(gateway.identification(nasAt(port, { sessionKeys: ["NAS-Identifier"] }), session)).toEqual({ kind: "none" });
});

test("what was sent and how it ended is counted by NAS", async () => {
  const { port } = await start(always);
  await enforce(gateway, nasAt(port));
  expect(await counted(gateway.registry, "weir_coa_requests_total", { nas: "bng1", outcome: "acknowledged" })).toBe(1);
});
