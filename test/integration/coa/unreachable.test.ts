import { Socket } from "node:dgram";
import { afterEach, expect, test, vi } from "vitest";
import { freePort } from "../../../bench/free-port.ts";
import { counted, enforce, type GatewayUnderTest, nasAt, startGateway } from "./gateway.ts";
import { ack, type Script, type ScriptedPeer, startScriptedPeer } from "./scripted-peer.ts";

const IGNORED = "weir_coa_ignored_replies_total";
const quick = { timeoutMs: 40, retries: 2 };

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

test("a genuine answer from another port is not heard", async () => {
  const nas = await start(() => []);
  const stranger = await startScriptedPeer(() => []);
  nas.script = ({ packet, sourcePort }) => {
    stranger.send(ack(packet), sourcePort);
    return [];
  };
  expect(await enforce(gateway, nasAt(nas.port, quick))).toMatchObject({ kind: "no-answer", attempts: 3 });
  await stranger.stop();
});

test("a genuine answer from another address of the NAS is not heard", async () => {
  const nas = await start(() => []);
  const elsewhere = await startScriptedPeer(() => [], { address: "127.0.0.2", port: nas.port });
  nas.script = ({ packet, sourcePort }) => {
    elsewhere.send(ack(packet), sourcePort, "127.0.0.1");
    return [];
  };
  expect(await enforce(gateway, nasAt(nas.port, quick))).toMatchObject({ kind: "no-answer", attempts: 3 });
  expect(await counted(gateway.registry, IGNORED)).toBe(0);
  await elsewhere.stop();
});

test("an ICMP message is a hint: the answer to a retransmission still counts, and without one it is unreachable", async () => {
  gateway = startGateway();
  const port = await freePort();
  expect(await enforce(gateway, nasAt(port, { timeoutMs: 40, retries: 0 }))).toMatchObject({
    kind: "unreachable",
    attempts: 1,
  });
});

test("what this machine itself does not let out is unreachable", async () => {
  const { port, seen } = await start(({ packet }) => [ack(packet)]);
  const firewall = vi.spyOn(Socket.prototype, "send");
  firewall.mockImplementation((...call: unknown[]) => {
    const callback = call.at(-1);
    if (typeof callback === "function")
      setImmediate(() => callback(Object.assign(new Error("send EPERM"), { code: "EPERM" })));
  });
  try {
    expect(await enforce(gateway, nasAt(port, quick))).toMatchObject({ kind: "unreachable", attempts: 2 });
  } finally {
    firewall.mockRestore();
  }
  expect(seen).toEqual([]);
  expect((await enforce(gateway, nasAt(port))).kind).toBe("acknowledged");
});

test("nobody listens there: unreachable at the second ICMP message", async () => {
  gateway = startGateway();
  expect(await enforce(gateway, nasAt(await freePort(), { timeoutMs: 40, retries: 3 }))).toMatchObject({
    kind: "unreachable",
    attempts: 2,
  });
});

test("one retransmission each, also where many share the port that ICMP complains about", async () => {
  gateway = startGateway();
  const nas = nasAt(await freePort(), { timeoutMs: 100, retries: 3 });
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => enforce(gateway, nas)));
  for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: "unreachable", attempts: 2 });
});

test("a NAS that comes up between two transmissions is served", async () => {
  gateway = startGateway();
  const port = await freePort();
  const sending = enforce(gateway, nasAt(port, { timeoutMs: 400, retries: 3 }));
  await vi.waitFor(async () => expect(await counted(gateway.registry, "weir_coa_datagrams_sent_total")).toBe(1));
  peer = await startScriptedPeer(({ packet }) => [ack(packet)], { port });
  expect(await sending).toMatchObject({ kind: "acknowledged", attempts: 2 });
});

test("an address that the system will not send to is unreachable", async () => {
  gateway = startGateway();
  const nas = nasAt(3799, quick, { address: "255.255.255.255" });
  expect(await enforce(gateway, nas)).toMatchObject({ kind: "unreachable", attempts: 2 });
});

test("a NAS on IPv6", async () => {
  gateway = startGateway();
  peer = await startScriptedPeer(({ packet }) => [ack(packet)], { address: "::1" });
  expect((await enforce(gateway, nasAt(peer.port, {}, { address: "::1" }))).kind).toBe("acknowledged");
});
