import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import type { Packet } from "../../../src/radius/packet.ts";
import { type Bng, openBng, startBng } from "../../../src/simulator/bng.ts";
import type { BngEvent } from "../../../src/simulator/bng-event.ts";
import { type BngOptions, bngOptions } from "../../../src/simulator/bng-options.ts";
import { type Clock, systemClock } from "../../../src/simulator/clock.ts";
import { noFaults } from "../../../src/simulator/faults.ts";
import { personalityOf } from "../../../src/simulator/personalities/personalities.ts";
import { seededRandom } from "../../../src/simulator/seeded-random.ts";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";
import { packetIn, shippedDictionary } from "../../support/wire.ts";
import { until } from "./until.ts";

const SECRET = "testing123";
const secret = Buffer.from(SECRET);
const ACCEPTING: Readonly<Record<number, number>> = {
  [Code.AccessRequest]: Code.AccessAccept,
  [Code.AccountingRequest]: Code.AccountingResponse,
};

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Bench {
  readonly bng: Bng;
  readonly server: FakeUpstream;
  readonly events: BngEvent[];
  /** One datagram from one source port; resolves with what comes back within the limit, or undefined. */
  send(octets: Buffer, limitMs?: number): Promise<Packet | undefined>;
  answers: Packet[];
}

/** A BNG of one line that is up, a server that accepts whatever it is asked, and a port to send CoA from. */
async function bench(changes: Partial<BngOptions> = {}, answer = ACCEPTING): Promise<Bench> {
  const server = await startFakeUpstream({
    secret,
    answer: (packet) => ({
      code: answer[packet.code] ?? Code.AccessReject,
      messageAuthenticator: packet.code === Code.AccessRequest,
    }),
  });
  open.push(server.stop);
  const events: BngEvent[] = [];
  const bng = await startBng(
    bngOptions({
      dictionary: shippedDictionary,
      server: { address: "127.0.0.1", authPort: server.port, acctPort: server.port },
      secret: SECRET,
      lines: 1,
      loginAgainMs: 20,
      backoffMs: 20,
      timeoutMs: 50,
      tries: 8,
      tell: (event) => events.push(event),
      ...changes,
    }),
  );
  open.push(bng.stop);
  await until(() => bng.sessionCount() === (changes.lines ?? 1));
  const socket: Socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  open.push(async () => {
    socket.close();
    await once(socket, "close");
  });
  const answers: Packet[] = [];
  socket.on("message", (datagram) => answers.push(packetIn(datagram)));
  const send: Bench["send"] = async (octets, limitMs = 1_000) => {
    const before = answers.length;
    socket.send(octets, bng.coaPort, "127.0.0.1");
    await until(() => answers.length > before, limitMs).catch(() => undefined);
    return answers[before];
  };
  return { bng, server, events, send, answers };
}

let identifier = 0;
function request(
  kind: "coa" | "disconnect",
  named: Readonly<Record<string, string | number>>,
  signed = secret,
): Buffer {
  identifier = (identifier + 1) % 256;
  const attributes = Object.entries(named).map(([name, value]) => ({ name, value }));
  return encodeRequest({
    code: kind === "coa" ? Code.CoaRequest : Code.DisconnectRequest,
    identifier,
    attributes: encodeAttributes(shippedDictionary, attributes, { secret, authenticator: Buffer.alloc(16) }),
    secret: signed,
    messageAuthenticator: true,
  });
}

const session = { "Acct-Session-Id": "S0000000000" };
const personality = (name: string) => personalityOf(name)!;

test("a retransmission gets the same octets, and nothing changes twice", async () => {
  const { bng, send } = await bench();
  const first = request("coa", { ...session, "Filter-Id": "walled-garden" });
  const answer = await send(first);
  await send(request("coa", { ...session, "Filter-Id": "residential" }));
  const again = await send(first);
  expect(again?.octets).toEqual(answer?.octets);
  expect(bng.line(0)?.inForce.filters).toEqual(["residential"]);
  expect(bng.counts().coa).toMatchObject({ received: 3, acknowledged: 2, repeated: 1 });
});

test("a wrong secret, an old timestamp and garbage are dropped without a word, and counted", async () => {
  const { bng, send } = await bench();
  expect(await send(request("disconnect", session, Buffer.from("other")), 150)).toBeUndefined();
  expect(await send(request("disconnect", { ...session, "Event-Timestamp": 0 }), 150)).toBeUndefined();
  expect(await send(Buffer.from("not RADIUS"), 150)).toBeUndefined();
  expect(bng.counts().coa.dropped).toMatchObject({ "bad-authenticator": 1, stale: 1, malformed: 1 });
  expect(bng.sessionCount()).toBe(1);
});

test("a disconnected subscriber comes back by itself with a new session, after a Stop that says why", async () => {
  const { bng, events, send } = await bench();
  expect((await send(request("disconnect", session)))?.code).toBe(Code.DisconnectAck);
  await until(() => bng.line(0)?.session === "S0000000000-2");
  const stop = events.find((event) => event.kind === "accounting" && event.status === "stop");
  expect(stop).toMatchObject({ session: "S0000000000" });
  expect(JSON.stringify(stop)).toContain('{"name":"Acct-Terminate-Cause","value":6}');
});

test("hostapd's Stop after a Disconnect does not say why", async () => {
  const { events, send } = await bench({ personality: personality("hostapd") });
  await send(request("disconnect", session));
  await until(() => events.some((event) => event.kind === "accounting" && event.status === "stop"));
  const stop = events.find((event) => event.kind === "accounting" && event.status === "stop");
  expect(JSON.stringify(stop)).not.toContain("Acct-Terminate-Cause");
});

test("accel-ppp acknowledges a Disconnect before the session ends, and forgets its answer", async () => {
  const { bng, send } = await bench({ personality: personality("accel-ppp"), loginAgainMs: 5_000 });
  const octets = request("disconnect", session);
  expect((await send(octets))?.code).toBe(Code.DisconnectAck);
  expect(bng.sessionCount()).toBe(1);
  await until(() => bng.sessionCount() === 0);
  const again = await send(octets);
  expect(again?.code).toBe(Code.DisconnectNak);
  expect(bng.counts().coa.errorCauses).toEqual({ 503: 1 });
});

test("accel-ppp drops what comes for a session while it works on another request for it", async () => {
  const { bng, send } = await bench({ personality: personality("accel-ppp"), faults: { ...noFaults, workMs: 200 } });
  const first = send(request("coa", { ...session, "Filter-Id": "1000/256" }));
  const second = send(request("coa", { ...session, "Filter-Id": "9/9" }));
  await Promise.all([first, second]);
  await until(() => bng.counts().coa.dropped.busy === 1);
  expect(bng.counts().coa).toMatchObject({ acknowledged: 1 });
  expect(bng.line(0)?.inForce.rates).toEqual({ downKbps: 1000, upKbps: 256 });
});

test("juniper sends an Interim right after a change, with the service in it", async () => {
  const { events, send } = await bench({ personality: personality("juniper") });
  await send(request("coa", { ...session, "ERX-Service-Activate": "weir-garden" }));
  const interim = () => events.find((event) => event.kind === "accounting" && event.status === "interim");
  await until(() => interim() !== undefined);
  expect(JSON.stringify(interim())).toContain('{"name":"ERX-Service-Session","value":"weir-garden"}');
});

test("it refuses as often and with the cause that it is told", async () => {
  const { bng, send } = await bench({ faults: { ...noFaults, refusePercent: 100, refuseCause: 506 } });
  expect((await send(request("coa", { ...session, "Filter-Id": "x" })))?.code).toBe(Code.CoaNak);
  expect(bng.counts().coa).toMatchObject({ refused: 1, errorCauses: { 506: 1 } });
  expect(bng.line(0)?.inForce.filters).toEqual([]);
});

test("on a network that loses and duplicates, the same octets are sent again until they are answered", async () => {
  const { server, bng, events } = await bench({
    faults: { ...noFaults, losePercent: 15, duplicatePercent: 20, delayMs: 5 },
    timeoutMs: 20,
    tries: 10,
    random: seededRandom(7),
    lines: 20,
  });
  await until(() => bng.sessionCount() === 20);
  expect(bng.counts().retransmitted).toBeGreaterThan(0);
  const byKey = Map.groupBy(server.requests, ({ packet, fromPort }) => `${fromPort} ${packet.identifier}`);
  for (const requests of byKey.values())
    expect(new Set(requests.map(({ packet }) => packet.octets.toString("hex"))).size).toBe(1);
  expect(events.filter((event) => event.kind === "login" && event.result === "rejected")).toEqual([]);
});

test("CHAP proves the password without sending it", async () => {
  const { server } = await bench({ method: "chap" });
  const login = server.requests.find(({ packet }) => packet.code === Code.AccessRequest);
  const types = login!.packet.attributes.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining([3, 60, 80]));
  expect(types).not.toContain(2);
});

test("a reboot sends Off and On and no Stop, and session ids begin anew", async () => {
  const { bng, events } = await bench();
  await bng.reboot(true);
  await until(() => bng.sessionCount() === 1);
  const statuses = events.flatMap((event) =>
    event.kind === "accounting" && event.line === undefined ? event.status : [],
  );
  expect(statuses).toEqual(["on", "off", "on"]);
  expect(events.some((event) => event.kind === "accounting" && event.status === "stop")).toBe(false);
  expect(bng.line(0)?.session).toBe("S0000000000");
});

test("ended while nobody answers its Accounting-On, it logs nobody in", async () => {
  const server = await startFakeUpstream({ secret, answer: () => undefined });
  open.push(server.stop);
  let timers = 0;
  const after: Clock["after"] = (ms, work) => {
    timers += 1;
    return systemClock.after(ms, work);
  };
  const bng = await openBng(
    bngOptions({
      dictionary: shippedDictionary,
      server: { address: "127.0.0.1", authPort: server.port, acctPort: server.port },
      secret: SECRET,
      lines: 3,
      timeoutMs: 10_000,
      clock: { now: systemClock.now, after },
    }),
  );
  const booting = bng.boot();
  await until(() => server.requests.length === 1);
  expect(timers).toBe(1);
  await bng.stop();
  await booting;
  expect(timers).toBe(1);
  expect(bng.lines().map(({ status }) => status)).toEqual(["down", "down", "down"]);
});
