import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort } from "../../bench/free-port.ts";
import { type FreeradiusCoa, startFreeradiusCoa } from "../support/freeradius-coa.ts";
import { lookForPeers } from "../support/peers.ts";
import { radclient } from "../support/radclient.ts";
import { startWeir, type WeirUnderTest } from "../support/weir-server.ts";
import { hex, packetIn } from "../support/wire.ts";
import { type GoldenChange, goldenChanges } from "../unit/coa/golden-changes.ts";

const peers = lookForPeers("freeradius", "radclient");
const secret = "testing123";
const ANSWER_LIMIT_MS = 10_000;

type Item = Readonly<Record<string, unknown>>;

/** The attributes of a packet in a detail file: all but the headline, the signature and FreeRADIUS's own time. */
const attributesOf = (detail: string): string[] =>
  detail
    .split("\n")
    .filter((line) => line.startsWith("\t"))
    .map((line) => line.trim())
    .filter((line) => !/^(Packet-Type|Message-Authenticator|Timestamp) = /.test(line));

/** Our text of a request as FreeRADIUS prints it: its date format is another one. */
const asFreeradiusPrints = (attributes: readonly string[]): string[] =>
  attributes.map((line) => line.replace('"2026-03-01T12:00:00.000Z"', '"Mar  1 2026 12:00:00 UTC"'));

describe.skipIf(peers.areMissing)(`our requests as FreeRADIUS reads them${peers.note}`, () => {
  let nas: FreeradiusCoa;
  beforeAll(async () => {
    nas = await startFreeradiusCoa(secret);
  });
  afterAll(() => nas?.stop());

  /** From a port of its own each: many changes come to the same octets, and those are one request to FreeRADIUS. */
  async function answerTo(octets: Buffer): Promise<number> {
    const socket = createSocket("udp4");
    try {
      const answered = once(socket, "message", { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
      socket.send(octets, nas.port, "127.0.0.1");
      const [answer] = await answered;
      return packetIn(answer).code;
    } finally {
      socket.close();
    }
  }
  const title = ({ vendor, name }: GoldenChange) => `${vendor}: ${name}`;

  test.each(goldenChanges.map((change) => [title(change), change] as const))("%s", async (_, { packets }) => {
    for (const { code, octets, attributes } of packets) {
      expect(await answerTo(hex(octets))).toBe(code + 1);
      const seen = (await nas.seen()).at(-1) ?? "";
      expect(seen).toContain(`Packet-Type = ${code === 43 ? "CoA" : "Disconnect"}-Request`);
      expect(attributesOf(seen)).toEqual(asFreeradiusPrints(attributes));
    }
  });
});

describe.skipIf(peers.areMissing)(`FreeRADIUS as the NAS's CoA port, through the whole server${peers.note}`, () => {
  let nas: FreeradiusCoa;
  let weir: WeirUnderTest;
  const secrets = { bng: secret, other: "a secret that FreeRADIUS does not know", closed: "nobody listens" } as const;

  beforeAll(async () => {
    nas = await startFreeradiusCoa(secret);
    weir = await startWeir();
    const coaPorts = { bng: nas.port, other: nas.port, closed: await freePort() };
    for (const id of ["bng", "other", "closed"] as const)
      await weir.call("PUT", `/v1/nas/${id}`, {
        address: "127.0.0.1",
        identifier: id,
        secret: secrets[id],
        vendor: "generic",
        coaPort: coaPorts[id],
        // Long enough for a busy machine where an answer comes; silence is what is waited for elsewhere.
        coa: { timeoutMs: id === "bng" ? 1_500 : 300, retries: 1 },
      });
  });
  afterAll(async () => {
    await weir?.stop();
    await nas?.stop();
  });

  /** A session by accounting, then a measure by REST; how the first request to its NAS ended. */
  async function enforce(username: string, { measure = "walled-garden", at = "bng" as keyof typeof secrets } = {}) {
    await weir.call("PUT", `/v1/subscribers/${username}`, { usernames: [username] });
    const start = [
      "Acct-Status-Type = Start",
      `User-Name = "${username}"`,
      `Acct-Session-Id = "session-of-${username}"`,
      "Framed-IP-Address = 100.64.0.9",
      `NAS-Identifier = "${at}"`,
    ];
    const answer = await radclient({ attributes: start, kind: "acct", port: weir.acctPort, secret: secrets[at] });
    expect(answer).toMatch(/^Received Accounting-Response/);
    await weir.call("PUT", `/v1/subscribers/${username}/measures/${measure}?waitMs=10000`, { reason: "test" });
    return await vi.waitFor(
      async () => {
        const { items } = await weir.call("GET", `/v1/enforcements?subscriber=${username}`);
        const first = (items as readonly Item[]).at(-1);
        expect(first?.["outcome"]).toEqual(expect.any(String));
        return first as Item;
      },
      { timeout: 15_000, interval: 50 },
    );
  }
  const seenOf = async (username: string) => (await nas.seen()).filter((text) => text.includes(`"${username}"`));

  test("an ACK; FreeRADIUS saw the session's keys, the change, a current time, a signature, and nothing else", async () => {
    const before = Math.floor(Date.now() / 1000);
    expect(await enforce("alice")).toMatchObject({
      kind: "coa",
      nas: "bng",
      outcome: "acknowledged",
      errorCause: null,
      attempts: 1,
      request: expect.stringMatching(/^2b([0-9a-f]{2})+$/),
      response: expect.stringMatching(/^2c([0-9a-f]{2})+$/),
    });
    const [seen = ""] = await seenOf("alice");
    expect(seen).toMatch(/Message-Authenticator = 0x[0-9a-f]{32}/);
    const attributes = attributesOf(seen);
    expect(attributes.filter((line) => !line.startsWith("Event-Timestamp"))).toEqual([
      'Acct-Session-Id = "session-of-alice"',
      'User-Name = "alice"',
      "Framed-IP-Address = 100.64.0.9",
      'NAS-Identifier = "bng"',
      'Filter-Id = "walled-garden"',
    ]);
    const [, stamp = ""] = /Event-Timestamp = "(.*)"/.exec(seen) ?? [];
    expect(Date.parse(stamp) / 1000).toBeGreaterThanOrEqual(before);
    expect(Date.parse(stamp) / 1000).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test("the request on record is the one that FreeRADIUS had", async () => {
    const { items } = await weir.call("GET", "/v1/enforcements?subscriber=alice");
    const { attributes } = packetIn(hex(String((items as readonly Item[])[0]?.["request"])));
    const signature = attributes.find(({ type }) => type === 80)?.value.toString("hex");
    expect((await seenOf("alice"))[0]).toContain(`Message-Authenticator = 0x${signature}`);
  });

  test("suspend is a Disconnect-Request without any change in it", async () => {
    const outcome = await enforce("bob", { measure: "suspend" });
    expect(outcome).toMatchObject({
      kind: "disconnect",
      outcome: "acknowledged",
      response: expect.stringMatching(/^29/),
    });
    const [seen = ""] = await seenOf("bob");
    expect(seen).toContain("Packet-Type = Disconnect-Request");
    expect(attributesOf(seen).map((line) => line.split(" = ")[0])).toEqual([
      "Acct-Session-Id",
      "User-Name",
      "Framed-IP-Address",
      "NAS-Identifier",
      "Event-Timestamp",
    ]);
  });

  test.each([402, 407, 503, 508])("a NAK with Error-Cause %i is on record with that number", async (cause) => {
    expect(await enforce(`cause-${cause}`)).toMatchObject({
      outcome: "refused",
      errorCause: cause,
      attempts: 1,
      response: expect.stringMatching(/^2d/),
    });
  });

  test("silence is no-answer; FreeRADIUS takes what comes again for a retransmission of the same request", async () => {
    const since = nas.process.child.fromNow();
    expect(await enforce("silent")).toMatchObject({ outcome: "no-answer", attempts: 2, response: null });
    await since.says(/Not sending reply to client/);
    await since.says(/No reply\. +Ignoring retransmit/);
  });

  test("a wrong secret is no-answer: FreeRADIUS drops what it cannot verify, and says so", async () => {
    const since = nas.process.child.fromNow();
    expect(await enforce("carol", { at: "other" })).toMatchObject({
      outcome: "no-answer",
      attempts: 2,
      response: null,
    });
    await since.says(/invalid Message-Authenticator! +\(Shared secret is incorrect/);
    expect(await seenOf("carol")).toEqual([]);
  });

  test("no port open is unreachable, told by ICMP", async () => {
    expect(await enforce("dave", { at: "closed" })).toMatchObject({
      outcome: "unreachable",
      attempts: 2,
      response: null,
    });
  });
});
