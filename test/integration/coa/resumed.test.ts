import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import { enforce, type GatewayUnderTest, nasAt, startGateway } from "./gateway.ts";
import { ack, type ScriptedPeer, secret, startScriptedPeer } from "./scripted-peer.ts";

let gateway: GatewayUnderTest;
let peer: ScriptedPeer;
beforeEach(async () => {
  gateway = startGateway();
  peer = await startScriptedPeer(({ packet }) => [ack(packet)]);
});
afterEach(async () => {
  await gateway.stop();
  await peer.stop();
});

const always = () => true;
const unfinished = (identifier: number) =>
  encodeRequest({ code: 43, identifier, attributes: [], secret, messageAuthenticator: true });

test("after a crash the same octets leave from the same port, however many are resumed at once", async () => {
  const { port, seen } = peer;
  const localPort = await freePort();
  const requests = Array.from({ length: 20 }, (_, identifier) => unfinished(identifier));
  const outcomes = await Promise.all(
    requests.map((octets) => gateway.resume(nasAt(port, { maxInFlight: 5 }), { octets, localPort }, always)),
  );
  expect(outcomes.map((outcome) => outcome?.kind)).toEqual(requests.map(() => "acknowledged"));
  expect(new Set(seen.map(({ sourcePort }) => sourcePort))).toEqual(new Set([localPort]));
  expect(new Set(seen.map(({ octets }) => octets.toString("hex")))).toEqual(
    new Set(requests.map((octets) => octets.toString("hex"))),
  );
});

test("new requests do not leave from a port of before the crash: which of its identifiers rest is not known", async () => {
  const { port, seen } = peer;
  const localPort = await freePort();
  await gateway.resume(nasAt(port), { octets: unfinished(9), localPort }, always);
  await enforce(gateway, nasAt(port));
  expect(seen[1]!.sourcePort).not.toBe(localPort);
});

test("a port that another program has by now is not replaced by another one: nothing is sent", async () => {
  const { port, seen } = peer;
  const other = createSocket("udp4").bind(0);
  await once(other, "listening");
  const request = { octets: unfinished(1), localPort: other.address().port };
  expect(await gateway.resume(nasAt(port), request, always)).toBeUndefined();
  expect(gateway.capacity(nasAt(port))).toBe(64);
  expect(seen).toEqual([]);
  other.close();
});

test("nor does an identifier serve two: where its port's is another request's by now, nothing is sent", async () => {
  const { port, seen } = peer;
  peer.script = () => [];
  const localPort = await freePort();
  const first = gateway.resume(nasAt(port), { octets: unfinished(3), localPort }, always);
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  expect(await gateway.resume(nasAt(port), { octets: unfinished(3), localPort }, always)).toBeUndefined();
  await gateway.stop();
  expect(await first).toMatchObject({ kind: "no-answer" });
});
