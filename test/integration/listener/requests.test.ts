import { createHash, randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import type { Packet } from "../../../src/radius/packet.ts";
import { verifyResponse } from "../../../src/radius/verify-packet.ts";
import {
  accessRequest,
  accountingRequest,
  integer,
  openRadiusPeer,
  type RadiusPeer,
  statusServer,
  text,
} from "../../support/radius-peer.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { packetIn } from "../../support/wire.ts";

const SECRET = "testing123";
let weir: WeirUnderTest;
let acct: RadiusPeer;
let auth: RadiusPeer;
beforeAll(async () => {
  weir = await startWeir();
  await weir.call("PUT", "/v1/nas/bng1", { address: "127.0.0.1", secret: SECRET, vendor: "generic" });
  await weir.call("PUT", "/v1/subscribers/alice", { usernames: ["alice"], credential: { password: "right-one" } });
  [acct, auth] = [await openRadiusPeer(weir.acctPort), await openRadiusPeer(weir.authPort)];
});
afterAll(async () => {
  await acct.close();
  await auth.close();
  await weir.stop();
});

const SILENCE_MS = 250;
let last = 0;
const nextId = (): number => ++last % 256;

/** Metrics are made anew five times a second at most (api/routes/system-routes.ts): who asks no oftener hears what is true now. */
const METRICS_EVERY_MS = 210;
let metricsReadAt = 0;

async function metric(name: string, ...labels: string[]): Promise<number> {
  await setTimeout(Math.max(0, metricsReadAt + METRICS_EVERY_MS - performance.now()));
  metricsReadAt = performance.now();
  const lines = (await weir.metrics()).split("\n");
  const line = lines.find((one) => one.startsWith(`${name}{`) && labels.every((label) => one.includes(label)));
  return Number(line?.slice(line.lastIndexOf(" ") + 1) ?? 0);
}

const dropped = (port: string, reason: string) =>
  metric("weir_radius_dropped_total", `port="${port}"`, `reason="${reason}"`);

/** The first attribute's type; a Message-Authenticator is 80. */
const firstType = (packet: Packet | undefined) => packet?.attributes[0]?.type;
const has = (packet: Packet | undefined, type: number) => packet?.attributes.some((one) => one.type === type);

function authentic(answer: Packet | undefined, octets: Buffer): boolean {
  return answer !== undefined && verifyResponse(answer, packetIn(octets), Buffer.from(SECRET)).ok;
}

async function expectSilence(peer: RadiusPeer, octets: Buffer, port: string, reason: string): Promise<void> {
  const before = await dropped(port, reason);
  expect(await peer.ask(octets, SILENCE_MS)).toBeUndefined();
  expect(await dropped(port, reason)).toBe(before + 1);
}

const start = (session: string, more: object = {}) =>
  accountingRequest({ secret: SECRET, identifier: nextId(), status: 1, session, ...more });

describe("who may speak", () => {
  test("an address that is no NAS is not answered, and counted", async () => {
    const stranger = await openRadiusPeer(weir.acctPort, "127.0.0.1", "127.0.0.9");
    await expectSilence(stranger, start("stranger"), "acct", "unknown-nas");
    await stranger.close();
  });

  test("a wrong secret is not answered, and counted, on both ports", async () => {
    await expectSilence(acct, start("wrong-secret", { secret: "other" }), "acct", "bad-authenticator");
    const login = accessRequest({ secret: "other", identifier: nextId(), username: "alice", password: "right-one" });
    await expectSilence(auth, login, "auth", "bad-message-authenticator");
  });

  test("behind one address, NAS-Identifier tells NASes apart, each with its own secret", async () => {
    for (const name of ["east", "west"])
      await weir.call("PUT", `/v1/nas/${name}`, {
        address: "127.0.0.5",
        identifier: name,
        secret: `secret-of-${name}`,
        vendor: "generic",
      });
    const proxy = await openRadiusPeer(weir.acctPort, "127.0.0.1", "127.0.0.5");
    for (const name of ["east", "west"]) {
      const octets = start("shared", { secret: `secret-of-${name}`, username: name, more: [text(32, name)] });
      expect((await proxy.ask(octets))?.code).toBe(5);
    }
    const mixed = start("shared", { secret: "secret-of-east", more: [text(32, "west")] });
    await expectSilence(proxy, mixed, "acct", "bad-authenticator");
    await expectSilence(proxy, start("shared", { more: [text(32, "north")] }), "acct", "unknown-nas");
    for (const name of ["east", "west"])
      expect(await weir.call("GET", `/v1/sessions?username=${name}`)).toMatchObject({ items: [{ nas: name }] });
    await proxy.close();
  });
});

describe("a repeated request", () => {
  test("gets the very same octets again, and changes nothing", async () => {
    const octets = start("twice", { more: [text(33, "proxy-1"), text(33, "proxy-2")] });
    const first = await acct.ask(octets);
    const second = await acct.ask(octets);
    expect(second?.octets.toString("hex")).toBe(first?.octets.toString("hex"));
    expect(first?.attributes.filter(({ type }) => type === 33).map(({ value }) => value.toString())).toEqual([
      "proxy-1",
      "proxy-2",
    ]);
    const login = accessRequest({ secret: SECRET, identifier: nextId(), username: "alice", password: "right-one" });
    const [accept, again] = [await auth.ask(login), await auth.ask(login)];
    expect(accept?.code).toBe(2);
    expect(again?.octets.toString("hex")).toBe(accept?.octets.toString("hex"));
  });

  test("while the first is worked on is not begun twice, and both are answered by one reply", async () => {
    const octets = start("at-once");
    const before = await metric("weir_radius_replies_total", 'port="acct"', 'code="5"');
    const inProgress = await metric("weir_radius_duplicates_total", 'port="acct"', 'kind="in-progress"');
    for (let n = 0; n < 5; n++) acct.send(octets);
    await expect.poll(() => metric("weir_radius_replies_total", 'port="acct"', 'code="5"')).toBe(before + 1);
    expect(await metric("weir_radius_duplicates_total", 'port="acct"', 'kind="in-progress"')).toBeGreaterThan(
      inProgress,
    );
  });

  test("from another port, or with the same identifier and other content, is another request", async () => {
    const octets = start("reused-a");
    const identifier = octets[1] ?? 0;
    const other = accountingRequest({ secret: SECRET, identifier, status: 1, session: "reused-b" });
    const [first, second] = [await acct.ask(octets), await acct.ask(other)];
    expect(authentic(first, octets)).toBe(true);
    expect(authentic(second, other)).toBe(true);
    expect(second?.octets.equals(first?.octets ?? Buffer.alloc(0))).toBe(false);
    const duplicates = await metric("weir_radius_duplicates_total", 'port="acct"', 'kind="answered"');
    const elsewhere = await openRadiusPeer(weir.acctPort);
    expect(authentic(await elsewhere.ask(octets), octets)).toBe(true);
    expect(await metric("weir_radius_duplicates_total", 'port="acct"', 'kind="answered"')).toBe(duplicates);
    await elsewhere.close();
  });
});

describe("the form of packets", () => {
  test("octets after Length are padding", async () => {
    const octets = start("padded");
    expect((await acct.ask(Buffer.concat([octets, Buffer.alloc(40, 0xff)])))?.code).toBe(5);
  });

  test("codes that do not belong on a port are not answered, and counted", async () => {
    const coa = start("code");
    coa[0] = 43;
    await expectSilence(acct, coa, "acct", "wrong-code");
    await expectSilence(auth, start("code"), "auth", "wrong-code");
    const login = accessRequest({ secret: SECRET, identifier: nextId(), username: "alice", password: "right-one" });
    await expectSilence(acct, login, "acct", "wrong-code");
  });

  test("a record without Acct-Session-Id or Acct-Status-Type is not answered; a status of tunnels is", async () => {
    await expectSilence(acct, start(""), "acct", "acct-session-id-missing");
    expect((await acct.ask(start("tunnel", { status: 9 })))?.code).toBe(5);
  });

  test("an Accounting-Response carries no Message-Authenticator and proves itself; Accept and Reject carry it first", async () => {
    const record = start("signed");
    const response = await acct.ask(record);
    expect(authentic(response, record)).toBe(true);
    expect(has(response, 80)).toBe(false);
    for (const [password, code] of [
      ["right-one", 2],
      ["wrong-one", 3],
    ] as const) {
      const login = accessRequest({ secret: SECRET, identifier: nextId(), username: "alice", password });
      const answer = await auth.ask(login);
      expect(answer?.code).toBe(code);
      expect(firstType(answer)).toBe(80);
      expect(authentic(answer, login)).toBe(true);
    }
  });

  test("Gigawords count, and an Interim brings another address and prefix", async () => {
    await acct.ask(start("giga", { ipv4: "100.64.7.1" }));
    const prefix = Buffer.from("0038" + "20010db800070000", "hex");
    const more = [integer(42, 5), integer(52, 2), integer(43, 7), integer(53, 1), { type: 123, value: prefix }];
    await acct.ask(start("giga", { status: 3, ipv4: "100.64.7.2", more }));
    expect(await weir.call("GET", "/v1/sessions?username=user-giga")).toMatchObject({
      items: [
        {
          ipv4: "100.64.7.2",
          ipv6: ["2001:db8:7::/56"],
          inputOctets: 2 * 2 ** 32 + 5,
          outputOctets: 2 ** 32 + 7,
        },
      ],
    });
    const holder = async (ip: string) =>
      (await weir.call("GET", `/v1/attribution?ip=${ip}&at=${new Date().toISOString()}&skewSeconds=0`))["subscriber"];
    expect(await holder("100.64.7.2")).toBe("user-giga");
    expect(await holder("2001:db8:7:12::5")).toBe("user-giga");
  });
});

describe("Status-Server", () => {
  test("is answered on both ports as each answers when all is well, with a Message-Authenticator", async () => {
    for (const [peer, code] of [
      [auth, 2],
      [acct, 5],
    ] as const) {
      const octets = statusServer(SECRET);
      const answer = await peer.ask(octets);
      expect(answer?.code).toBe(code);
      expect(firstType(answer)).toBe(80);
      expect(authentic(answer, octets)).toBe(true);
    }
  });

  test("without a Message-Authenticator, or with another secret's, is not", async () => {
    await expectSilence(auth, statusServer(SECRET, false), "auth", "message-authenticator-missing");
    await expectSilence(acct, statusServer("other"), "acct", "bad-message-authenticator");
  });
});

describe("Message-Authenticator in an Access-Request", () => {
  const login = (messageAuthenticator: boolean) =>
    accessRequest({
      secret: SECRET,
      identifier: nextId(),
      username: "alice",
      password: "right-one",
      messageAuthenticator,
    });

  const chapLogin = () => {
    const [authenticator, identifier] = [Buffer.alloc(16, 9), 5];
    const response = createHash("md5")
      .update(Buffer.from([identifier]))
      .update("right-one")
      .update(authenticator);
    return encodeRequest({
      code: Code.AccessRequest,
      identifier: nextId(),
      secret: Buffer.from(SECRET),
      authenticator,
      messageAuthenticator: false,
      attributes: [text(1, "alice"), { type: 3, value: Buffer.concat([Buffer.from([identifier]), response.digest()]) }],
    });
  };

  /** A NAS of its own at an address of its own. */
  async function nasAt(host: number, rule?: string): Promise<RadiusPeer> {
    const requirement = rule === undefined ? {} : { requireMessageAuthenticator: rule };
    await weir.call("PUT", `/v1/nas/ma-${host}`, {
      address: `127.0.0.${host}`,
      secret: SECRET,
      vendor: "generic",
      ...requirement,
    });
    return await openRadiusPeer(weir.authPort, "127.0.0.1", `127.0.0.${host}`);
  }
  const lacking = (host: number) => metric("weir_nas_without_message_authenticator", `nas="ma-${host}"`);

  test("is required where the NAS is set so", async () => {
    const peer = await nasAt(31, "require");
    await expectSilence(peer, login(false), "auth", "message-authenticator-missing");
    expect((await peer.ask(login(true)))?.code).toBe(2);
    await peer.close();
  });

  test("is never required where it is off, but always checked where it is", async () => {
    const peer = await nasAt(32, "off");
    expect((await peer.ask(login(true)))?.code).toBe(2);
    expect((await peer.ask(login(false)))?.code).toBe(2);
    expect(await lacking(32)).toBe(1);
    const forged = login(true);
    forged[30] = (forged[30] ?? 0) ^ 1;
    await expectSilence(peer, forged, "auth", "bad-message-authenticator");
    await peer.close();
  });

  test("once seen, is always required; that is stored, and a NAS that lacks it is in a metric", async () => {
    const peer = await nasAt(33);
    expect((await peer.ask(login(false)))?.code).toBe(2);
    expect(await lacking(33)).toBe(1);
    expect((await peer.ask(login(true)))?.code).toBe(2);
    expect(await lacking(33)).toBe(0);
    await expectSilence(peer, login(false), "auth", "message-authenticator-missing");
    await expect
      .poll(async () => {
        const rows = await weir.database.query<{ seen: boolean }>(
          "select message_authenticator_seen_at is not null as seen from nas where id = 'ma-33'",
        );
        return rows[0]?.seen;
      })
      .toBe(true);
    await weir.call("PUT", "/v1/nas/ma-33", { address: "127.0.0.33", vendor: "generic" });
    await expectSilence(peer, login(false), "auth", "message-authenticator-missing");
    await peer.close();
  });

  test("an EAP request, which always has one, teaches nothing: the NAS's unsigned logins go on, and the metric stays", async () => {
    const peer = await nasAt(34);
    expect((await peer.ask(login(false)))?.code).toBe(2);
    const eap = encodeRequest({
      code: Code.AccessRequest,
      identifier: nextId(),
      secret: Buffer.from(SECRET),
      authenticator: Buffer.alloc(16, 7),
      messageAuthenticator: true,
      attributes: [text(1, "alice"), { type: 79, value: Buffer.from("0201000a01616c696365", "hex") }],
    });
    expect((await peer.ask(eap))?.code).toBe(3);
    expect(await lacking(34)).toBe(1);
    expect((await peer.ask(login(false)))?.code).toBe(2);
    expect((await peer.ask(chapLogin()))?.code).toBe(2);
    await peer.close();
  });

  test.each([
    [36, "off"],
    [37, "auto"],
  ])(
    "is always required of EAP (RFC 3579 section 3.2), at a NAS (127.0.0.%s) that is set to %s too",
    async (host, rule) => {
      const peer = await nasAt(host, rule);
      const eap = (messageAuthenticator: boolean) =>
        encodeRequest({
          code: Code.AccessRequest,
          identifier: nextId(),
          secret: Buffer.from(SECRET),
          authenticator: randomBytes(16),
          messageAuthenticator,
          attributes: [text(1, "alice"), { type: 79, value: Buffer.from("0201000a01616c696365", "hex") }],
        });
      await expectSilence(peer, eap(false), "auth", "message-authenticator-missing");
      expect((await peer.ask(eap(true)))?.code).toBe(3);
      await peer.close();
    },
  );

  test("of another secret teaches nothing: whoever lacks the secret cannot have logins dropped", async () => {
    const peer = await nasAt(35);
    const forged = accessRequest({ secret: "other", identifier: nextId(), username: "alice", password: "right-one" });
    await expectSilence(peer, forged, "auth", "bad-message-authenticator");
    expect((await peer.ask(login(false)))?.code).toBe(2);
    await peer.close();
  });
});
