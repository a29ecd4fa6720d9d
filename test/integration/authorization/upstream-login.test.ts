import { createHash, randomBytes } from "node:crypto";
import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { AuthorizerDependencies } from "../../../src/authorization/authorizer.ts";
import { createUpstreamClient } from "../../../src/authorization/upstream-client.ts";
import { createUpstreamMetrics } from "../../../src/authorization/upstream-metrics.ts";
import type { Database } from "../../../src/database/database.ts";
import { parseAttributeLine } from "../../../src/radius/attribute-text.ts";
import { firstValue } from "../../../src/radius/attribute-values.ts";
import { Code } from "../../../src/radius/code.ts";
import { decodeAttributes } from "../../../src/radius/decode-attributes.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import type { Packet, RawAttribute } from "../../../src/radius/packet.ts";
import { decryptUserPassword } from "../../../src/radius/user-password.ts";
import { type FakeUpstream, startFakeUpstream, type UpstreamAnswer } from "../../support/fake-upstream.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import {
  accessRequest,
  addSubscriber,
  dictionary,
  type Harness,
  harnessOn,
  login,
  nasOf,
  order,
  pap,
} from "./login-harness.ts";

const secret = Buffer.from("upstream secret");
const nas = nasOf("mikrotik");
const hexed = (attributes: readonly RawAttribute[]) =>
  attributes.map(({ type, value }) => `${type}:${value.toString("hex")}`);

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterAll(() => test_.drop());

const running: { stop(): unknown }[] = [];
beforeEach(async () => {
  for (const table of ["measure", "enforcement", "grant_given", "subscriber"])
    await test_.database.query(`delete from ${table}`);
});
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

async function upstream(answer: (packet: Packet) => UpstreamAnswer | undefined): Promise<FakeUpstream> {
  const fake = await startFakeUpstream({ secret, answer });
  running.push(fake);
  return fake;
}

function through(servers: readonly FakeUpstream[], changes: Partial<AuthorizerDependencies> = {}): Harness {
  const client = createUpstreamClient({
    servers: servers.map(({ port }) => ({ host: "127.0.0.1", port })),
    kind: "auth",
    secret,
    metrics: createUpstreamMetrics(new Registry()),
    randomOctets: randomBytes,
    changed: () => undefined,
    timing: { firstWaitMs: 60, maxWaitMs: 100, attemptsAlone: 2, probeEveryMs: 60_000 },
  });
  const harness = harnessOn(test_.database, {
    upstream: { client, secret, proxyState: Buffer.from("weir-hop") },
    ...changes,
  });
  running.push(client, harness.authorizer);
  return harness;
}

/** What an upstream answers, in radclient's form, hidden for the request. */
const words =
  (code: number, ...lines: readonly string[]) =>
  (packet: Packet): UpstreamAnswer => ({
    code,
    attributes: encodeAttributes(
      dictionary,
      lines.map((line) => parseAttributeLine(dictionary, line)),
      { secret, authenticator: packet.authenticator },
    ),
  });

const accept = (...lines: readonly string[]) => words(Code.AccessAccept, ...lines);

/** The test's database until it goes away. */
function fragile(): { database: Database; isAway: boolean } {
  const state = { isAway: false, database: test_.database };
  const query: Database["query"] = (sql, values) =>
    state.isAway ? Promise.reject(new Error("connection refused")) : test_.database.query(sql, values);
  state.database = { ...test_.database, query };
  return state;
}

describe("a proxied request", () => {
  test("keeps every octet but User-Password, with a Message-Authenticator first and our Proxy-State last", async () => {
    const server = await upstream(accept());
    const unknown: RawAttribute[] = [
      { type: 250, value: Buffer.from("00ff", "hex") },
      { type: 26, value: Buffer.from("00ffffff01", "hex") },
      { type: 33, value: Buffer.from("the NAS's proxy") },
      { type: 33, value: Buffer.from("and another") },
    ];
    const packet = accessRequest(
      nas,
      ['User-Name = "alice"', 'User-Password = "a long password, of two blocks"'],
      unknown,
    );
    await login(through([server]), nas, packet);
    const [sent] = server.requests.map((request) => request.packet);
    expect(sent?.attributes[0]?.type).toBe(80);
    expect(hexed(sent?.attributes.slice(3) ?? [])).toEqual(
      hexed([...unknown, { type: 33, value: Buffer.from("weir-hop") }]),
    );
    const password = decryptUserPassword(firstValue(sent!, 2)!, { secret, authenticator: sent!.authenticator });
    expect(password?.toString()).toBe("a long password, of two blocks");
    expect(sent?.authenticator).not.toEqual(packet.authenticator);
  });

  test("gets the Request Authenticator as CHAP-Challenge where CHAP was computed over it", async () => {
    const server = await upstream(accept());
    const packet = accessRequest(nas, ['User-Name = "alice"', `CHAP-Password = 0x07${"00".repeat(16)}`]);
    await login(through([server]), nas, packet);
    const [sent] = server.requests.map((request) => request.packet);
    expect(firstValue(sent!, 60)).toEqual(packet.authenticator);
  });

  test("leaves a CHAP-Challenge that is there", async () => {
    const server = await upstream(accept());
    const lines = [
      'User-Name = "alice"',
      `CHAP-Password = 0x07${"00".repeat(16)}`,
      "CHAP-Challenge = 0x0102030405060708",
    ];
    await login(through([server]), nas, accessRequest(nas, lines));
    const challenges = server.requests[0]?.packet.attributes.filter(({ type }) => type === 60);
    expect(challenges?.map(({ value }) => value.toString("hex"))).toEqual(["0102030405060708"]);
  });

  test("whose User-Password is none, or that has no room left, is dropped with a reason", async () => {
    const server = await upstream(accept());
    const harness = through([server]);
    const bad = accessRequest(nas, ['User-Name = "alice"'], [{ type: 2, value: Buffer.alloc(15) }]);
    expect((await login(harness, nas, bad)).code).toBe("dropped: not-forwardable");
    const full = Array.from({ length: 15 }, () => ({ type: 250, value: Buffer.alloc(253) }));
    const rest = { type: 250, value: Buffer.alloc(4096 - 20 - 18 - 15 * 255 - 2) };
    expect((await login(harness, nas, accessRequest(nas, [], [...full, rest]))).code).toBe("dropped: not-forwardable");
    expect(server.requests).toEqual([]);
  });

  test("that no upstream answers is dropped, so that the NAS asks its next server", async () => {
    const silent = await upstream(() => undefined);
    expect((await login(through([silent]), nas, pap(nas, "alice", "pw"))).code).toBe("dropped: upstream-no-answer");
  });
});

describe("an upstream's answer", () => {
  test("comes back octet for octet, but for Message-Authenticator and our Proxy-State", async () => {
    const unknown: RawAttribute[] = [
      { type: 250, value: Buffer.from("00ff", "hex") },
      { type: 25, value: Buffer.from("upstream's class") },
      { type: 26, value: Buffer.from("00ffffff01", "hex") },
    ];
    const server = await upstream((packet) => ({
      code: Code.AccessAccept,
      attributes: [...unknown, ...packet.attributes.filter(({ type }) => type === 33)],
    }));
    const packet = pap(nas, "alice", "pw", ["Proxy-State = 0x0102", "Proxy-State = 0x03"]);
    const result = await through([server]).authorizer.authorize({ packet, nas, receivedAt: new Date() });
    const attributes = result.kind === "answer" ? result.attributes : [];
    const states = [Buffer.of(1, 2), Buffer.of(3)].map((value) => ({ type: 33, value }));
    expect(hexed(attributes.toSpliced(3, 1))).toEqual(hexed([...unknown, ...states]));
    expect(attributes[3]?.value.toString()).toMatch(/^weir:\d+$/);
  });

  test("has its keys and tunnel passwords hidden anew for the NAS", async () => {
    const server = await upstream(
      accept(
        `MS-MPPE-Send-Key = 0x${"11".repeat(32)}`,
        `MS-MPPE-Recv-Key = 0x${"22".repeat(32)}`,
        'Tunnel-Password:1 = "tunnel"',
      ),
    );
    const packet = pap(nas, "alice", "pw");
    const result = await through([server]).authorizer.authorize({ packet, nas, receivedAt: new Date() });
    const attributes = result.kind === "answer" ? result.attributes : [];
    const clear = decodeAttributes(dictionary, attributes, { secret: nas.secret, authenticator: packet.authenticator });
    expect(clear).toContainEqual({ name: "MS-MPPE-Send-Key", value: Buffer.alloc(32, 0x11) });
    expect(clear).toContainEqual({ name: "MS-MPPE-Recv-Key", value: Buffer.alloc(32, 0x22) });
    expect(clear).toContainEqual({ name: "Tunnel-Password", tag: 1, value: "tunnel" });
    const [grant] = await test_.database.query<{ attributes: Buffer }>("select attributes from grant_given");
    expect(grant?.attributes).toHaveLength(0);
  });

  test("a Reject and a Challenge pass, with Reply-Message, State and EAP-Message", async () => {
    for (const code of [Code.AccessReject, Code.AccessChallenge]) {
      const server = await upstream(words(code, 'Reply-Message = "no"', "State = 0x0a0b", "EAP-Message = 0x04010004"));
      const answer = await login(through([server]), nas, pap(nas, "alice", "pw"));
      expect(answer).toEqual({
        code,
        attributes: { "Reply-Message": ["no"], State: ["\n\x0b"], "EAP-Message": ["\x04\x01\x00\x04"] },
      });
    }
  });

  test("a conversation goes on with the server that gave the State, although it is not the first", async () => {
    let isFirstAway = true;
    const second = await upstream((packet) =>
      firstValue(packet, 24)
        ? accept("Filter-Id = from-second")(packet)
        : words(Code.AccessChallenge, "State = 0x77")(packet),
    );
    const first = await upstream((packet) => (isFirstAway ? undefined : accept("Filter-Id = from-first")(packet)));
    const harness = through([first, second]);
    expect((await login(harness, nas, pap(nas, "alice", "pw"))).code).toBe(Code.AccessChallenge);
    isFirstAway = false;
    const answer = await login(harness, nas, pap(nas, "alice", "pw", ["State = 0x77"]));
    expect(answer.attributes["Filter-Id"]).toEqual(["from-second"]);
  });
});

describe("the profile", () => {
  beforeEach(() =>
    addSubscriber(test_.database, { id: "s1", usernames: ["alice"], plan: { downKbps: 9_000, upKbps: 900 } }),
  );

  test("is laid over what the upstream gave, which is kept for lifting; Acct-Interim-Interval stays", async () => {
    const server = await upstream(
      accept(
        "Mikrotik-Rate-Limit = 10M/50M",
        "Acct-Interim-Interval = 300",
        "Mikrotik-Address-List = gold",
        "Session-Timeout = 60",
      ),
    );
    await order(test_.database, "s1", { kind: "walled-garden", params: {} });
    const { attributes } = await login(through([server]), nas, pap(nas, "alice", "pw"));
    expect(attributes).toMatchObject({
      "Mikrotik-Rate-Limit": ["10M/50M"],
      "Mikrotik-Address-List": ["weir-garden"],
      "Acct-Interim-Interval": ["300"],
      "Session-Timeout": ["60"],
    });
    const [grant] = await test_.database.query<{ attributes: Buffer; profile: object }>("select * from grant_given");
    expect(String(grant?.attributes)).toContain("gold");
    expect(grant?.profile).toEqual({ isWalledGarden: true });
  });

  test("a subscriber's plan does not come between the upstream and the NAS", async () => {
    const server = await upstream(accept("Mikrotik-Rate-Limit = 10M/50M"));
    const { attributes } = await login(through([server]), nas, pap(nas, "alice", "pw"));
    expect(attributes["Mikrotik-Rate-Limit"]).toEqual(["10M/50M"]);
  });

  test("is that of the User-Name in the Accept, where the request's is anonymous", async () => {
    const server = await upstream(accept('User-Name = "alice"'));
    await order(test_.database, "s1", { kind: "walled-garden", params: {} });
    const { attributes } = await login(through([server]), nas, pap(nas, "anonymous@isp", "pw"));
    expect(attributes["Mikrotik-Address-List"]).toEqual(["weir-garden"]);
    const [grant] = await test_.database.query<{ username: string }>("select username from grant_given");
    expect(grant?.username).toBe("alice");
  });

  test("a login of nobody's username passes as the upstream gave it", async () => {
    const server = await upstream(accept("Mikrotik-Rate-Limit = 1M/5M"));
    const { code, attributes } = await login(through([server]), nas, pap(nas, "unheard-of", "pw"));
    expect(code).toBe(Code.AccessAccept);
    expect(attributes["Mikrotik-Rate-Limit"]).toEqual(["1M/5M"]);
  });

  test("suspended: rejected with the advice to call, without asking the upstream, on record", async () => {
    const server = await upstream(accept());
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    const answer = await login(through([server]), nas, pap(nas, "alice", "pw"));
    expect(answer.code).toBe(Code.AccessReject);
    expect(answer.attributes["Reply-Message"]?.[0]).toMatch(/suspended.*helpdesk/);
    expect(server.requests).toEqual([]);
    expect(await test_.database.query("select reason from enforcement")).toEqual([{ reason: "suspended" }]);
  });

  test("suspended behind an anonymous outer identity: the Accept becomes a Reject with an EAP-Failure, without keys", async () => {
    const server = await upstream(
      accept('User-Name = "alice"', "EAP-Message = 0x032b0004", `MS-MPPE-Send-Key = 0x${"11".repeat(32)}`),
    );
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    const packet = accessRequest(nas, ['User-Name = "anonymous"', "EAP-Message = 0x022b00060d00"]);
    expect(await login(through([server]), nas, packet)).toEqual({
      code: Code.AccessReject,
      attributes: { "EAP-Message": ["\x04\x2b\x00\x04"] },
    });
  });
});

describe("an Accept with hardly any room left", () => {
  const OURS = 20 + 18;
  /** Reply-Messages, so that the whole packet has this many octets. */
  const filled = (octets: number): RawAttribute[] => {
    const whole = Math.floor((octets - OURS) / 255);
    const rest = octets - OURS - whole * 255;
    const message = (size: number) => ({ type: 18, value: Buffer.alloc(size - 2, 0x61) });
    return [...Array.from({ length: whole }, () => message(255)), ...(rest > 0 ? [message(rest)] : [])];
  };
  const grants = () =>
    test_.database.query<{ profile_digest: string | null }>("select profile_digest from grant_given");

  test("goes without our Class, and what it gives is kept nevertheless", async () => {
    const server = await upstream(() => ({ code: Code.AccessAccept, attributes: filled(4090) }));
    await addSubscriber(test_.database, { id: "s1", usernames: ["alice"] });
    const { code, attributes } = await login(through([server]), nas, pap(nas, "alice", "pw"));
    expect(code).toBe(Code.AccessAccept);
    expect(attributes["Class"]).toBe(undefined);
    expect(await grants()).toHaveLength(1);
  });

  test("goes without the profile that has no room, and that is counted", async () => {
    const server = await upstream(() => ({ code: Code.AccessAccept, attributes: filled(4085) }));
    await addSubscriber(test_.database, { id: "s1", usernames: ["alice"] });
    await order(test_.database, "s1", { kind: "walled-garden", params: {} });
    const harness = through([server]);
    const { code, attributes } = await login(harness, nas, pap(nas, "alice", "pw"));
    expect(code).toBe(Code.AccessAccept);
    expect(attributes["Mikrotik-Address-List"]).toBe(undefined);
    expect(await harness.registry.metrics()).toContain('unsupported_profiles_total{vendor="mikrotik"} 1');
    expect(await grants()).toEqual([{ profile_digest: null }]);
  });

  test("that is too long by itself, with the NAS's Proxy-States, is dropped with its reason", async () => {
    const server = await upstream(() => ({ code: Code.AccessAccept, attributes: filled(4090) }));
    const packet = pap(nas, "alice", "pw", ["Proxy-State = 0x0102030405060708"]);
    expect((await login(through([server]), nas, packet)).code).toBe("dropped: too-long");
  });
});

describe("an Accept whose grant the database does not take", () => {
  const failing = { saveGrants: () => Promise.reject(new Error("too slow")) };

  test("says in its Class that a profile was laid over it", async () => {
    const server = await upstream(accept());
    await addSubscriber(test_.database, { id: "s1", usernames: ["alice"] });
    await order(test_.database, "s1", { kind: "walled-garden", params: {} });
    const { attributes } = await login(through([server], failing), nas, pap(nas, "alice", "pw"));
    expect(attributes).toMatchObject({ "Mikrotik-Address-List": ["weir-garden"], Class: ["weir:0"] });
  });

  test("has no Class of ours where nothing was laid over it", async () => {
    const server = await upstream(accept());
    const { code, attributes } = await login(through([server], failing), nas, pap(nas, "alice", "pw"));
    expect([code, attributes["Class"]]).toEqual([Code.AccessAccept, undefined]);
  });
});

describe("a User-Name in another spelling than the subscriber's, which many an upstream takes for the same", () => {
  const named = (octets: Buffer) => accessRequest(nas, [], [{ type: 1, value: octets }]);
  const spellings = ["ALICE", "Alice ", " alice", "alice\0", "alice \0\0"];

  test("does not get past a suspension, nor past a garden, with the database and without it", async () => {
    const server = await upstream(accept());
    await addSubscriber(test_.database, { id: "s1", usernames: ["alice"] });
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    const state = fragile();
    const harness = through([server], { database: state.database, limits: { rememberEveryMs: 20, maxWaitMs: 300 } });
    for (const spelling of spellings)
      expect((await login(harness, nas, named(Buffer.from(spelling)))).code, spelling).toBe(Code.AccessReject);
    const fresh = through([server], { database: state.database, limits: { rememberEveryMs: 20, maxWaitMs: 300 } });
    await vi.waitFor(async () => {
      state.isAway = true;
      const answers = await Promise.all(spellings.map((one) => login(fresh, nas, named(Buffer.from(one)))));
      state.isAway = false;
      expect(answers.map(({ code }) => code)).toEqual(spellings.map(() => Code.AccessReject));
    });
    expect(server.requests.length).toBeLessThan(200);
  });

  test("is that of whoever has it exactly, also without the database", async () => {
    const server = await upstream(accept());
    await addSubscriber(test_.database, { id: "s1", usernames: ["alice"] });
    await addSubscriber(test_.database, { id: "s2", usernames: ["Alice"] });
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    const state = fragile();
    const harness = through([server], { database: state.database, limits: { rememberEveryMs: 20, maxWaitMs: 300 } });
    await vi.waitFor(async () => {
      state.isAway = true;
      const answer = await login(harness, nas, pap(nas, "alice", "pw"));
      state.isAway = false;
      expect(answer.code).toBe(Code.AccessReject);
    });
    expect((await login(harness, nas, pap(nas, "Alice", "pw"))).code).toBe(Code.AccessAccept);
    state.isAway = true;
    expect((await login(harness, nas, pap(nas, "Alice", "pw"))).code).toBe(Code.AccessAccept);
    expect((await login(harness, nas, pap(nas, "ALICE", "pw"))).code).toBe(Code.AccessAccept);
  });

  test("with a NUL inside is refused: it would be another name to an upstream that reads to the NUL", async () => {
    const server = await upstream(accept());
    expect((await login(through([server]), nas, named(Buffer.from("alice\0x")))).code).toBe(Code.AccessReject);
    expect(server.requests).toEqual([]);
  });
});

describe("without the database", () => {
  beforeEach(async () => {
    await addSubscriber(test_.database, { id: "s1", usernames: ["alice"] });
    await addSubscriber(test_.database, { id: "s2", usernames: ["bob"] });
    await order(test_.database, "s1", { kind: "walled-garden", params: {} });
  });

  test("logins go on, with the profile last known, also of who never logged in since", async () => {
    const server = await upstream(accept("Filter-Id = gold"));
    const state = fragile();
    const harness = through([server], { database: state.database, limits: { rememberEveryMs: 20, maxWaitMs: 300 } });
    await vi.waitFor(async () => {
      state.isAway = true;
      const alice = await login(harness, nas, pap(nas, "alice", "pw"));
      state.isAway = false;
      expect(alice.attributes["Mikrotik-Address-List"]).toEqual(["weir-garden"]);
    });
    state.isAway = true;
    const bob = await login(harness, nas, pap(nas, "bob", "pw"));
    expect(bob).toEqual({ code: Code.AccessAccept, attributes: { "Filter-Id": ["gold"] } });
    expect(await harness.registry.metrics()).toMatch(/without_database_total\{what="profile"\} [1-9]/);
  });

  test("a suspension that was known holds", async () => {
    const server = await upstream(accept());
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    const state = fragile();
    const harness = through([server], { database: state.database, limits: { maxWaitMs: 300 } });
    await login(harness, nas, pap(nas, "alice", "pw"));
    state.isAway = true;
    expect((await login(harness, nas, pap(nas, "alice", "pw"))).code).toBe(Code.AccessReject);
  });

  test("what was learnt as lifted is not remembered as restricted", async () => {
    const server = await upstream(accept());
    const state = fragile();
    const harness = through([server], { database: state.database, limits: { maxWaitMs: 300 } });
    await login(harness, nas, pap(nas, "alice", "pw"));
    await test_.database.query("update subscriber set profile = null, profile_digest = null");
    await login(harness, nas, pap(nas, "alice", "pw"));
    state.isAway = true;
    const { attributes } = await login(harness, nas, pap(nas, "alice", "pw"));
    expect(attributes["Mikrotik-Address-List"]).toBeUndefined();
  });
});

test("CHAP through us verifies at the upstream as it would directly", async () => {
  const server = await upstream((packet) => {
    const value = firstValue(packet, 3)!;
    const challenge = firstValue(packet, 60) ?? packet.authenticator;
    const expected = createHash("md5").update(value.subarray(0, 1)).update("pw").update(challenge).digest();
    return { code: expected.equals(value.subarray(1)) ? Code.AccessAccept : Code.AccessReject };
  });
  const bare = accessRequest(nas, ['User-Name = "alice"']);
  const response = createHash("md5").update(Buffer.of(9)).update("pw").update(bare.authenticator).digest();
  const packet = {
    ...bare,
    attributes: [...bare.attributes, { type: 3, value: Buffer.concat([Buffer.of(9), response]) }],
  };
  expect((await login(through([server]), nas, packet)).code).toBe(Code.AccessAccept);
});
