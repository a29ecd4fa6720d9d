import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { mppeKeys } from "../../../src/authorization/mppe-keys.ts";
import {
  authenticatorResponse,
  challengeHash,
  challengeResponse,
  hashNtPasswordHash,
  ntPasswordHash,
} from "../../../src/authorization/ms-chap-v2.ts";
import { Code } from "../../../src/radius/code.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import {
  accessRequest,
  addSubscriber,
  chap,
  credentials,
  type Harness,
  harnessOn,
  inWords,
  lift,
  login,
  nasOf,
  order,
  pap,
} from "./login-harness.ts";

let test_: TestDatabase;
let harness: Harness;
const nas = nasOf("generic");

beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterAll(() => test_.drop());

beforeEach(async () => {
  await test_.database.query("delete from measure");
  await test_.database.query("delete from enforcement");
  await test_.database.query("delete from grant_given");
  await test_.database.query("delete from subscriber");
  harness = harnessOn(test_.database);
  return () => harness.authorizer.stop();
});

function msChapV2(username: string, password: string) {
  const authenticatorChallenge = randomBytes(16);
  const peerChallenge = randomBytes(16);
  const challenge = challengeHash(peerChallenge, authenticatorChallenge, Buffer.from(username));
  const passwordHash = ntPasswordHash(password);
  const ntResponse = challengeResponse(challenge, passwordHash);
  const response = Buffer.concat([Buffer.of(5, 0), peerChallenge, Buffer.alloc(8), ntResponse]);
  const packet = accessRequest(nas, [
    `User-Name = "${username}"`,
    `MS-CHAP-Challenge = 0x${authenticatorChallenge.toString("hex")}`,
    `MS-CHAP2-Response = 0x${response.toString("hex")}`,
  ]);
  const passwordHashHash = hashNtPasswordHash(passwordHash);
  const proof = authenticatorResponse(passwordHashHash, ntResponse, challenge);
  return { packet, proof, keys: mppeKeys(passwordHashHash, ntResponse) };
}

describe("local credentials", () => {
  beforeEach(() => addSubscriber(test_.database, { id: "s1", usernames: ["alice", "ALICE"], password: "pw-alice" }));

  test("PAP: the right password is let in, a wrong one is not", async () => {
    expect((await login(harness, nas, pap(nas, "alice", "pw-alice"))).code).toBe(Code.AccessAccept);
    expect((await login(harness, nas, pap(nas, "alice", "pw-alicf"))).code).toBe(Code.AccessReject);
    expect((await login(harness, nas, pap(nas, "alice", ""))).code).toBe(Code.AccessReject);
  });

  test("CHAP: the right password is let in, a wrong one is not", async () => {
    expect((await login(harness, nas, chap(nas, "ALICE", "pw-alice"))).code).toBe(Code.AccessAccept);
    expect((await login(harness, nas, chap(nas, "alice", "other"))).code).toBe(Code.AccessReject);
  });

  test("MS-CHAPv2: the right password gets our proof and both MPPE keys", async () => {
    const { packet, proof, keys } = msChapV2("alice", "pw-alice");
    const answer = await login(harness, nas, packet);
    expect(answer.code).toBe(Code.AccessAccept);
    expect(answer.attributes["MS-CHAP2-Success"]).toEqual([`\x05${proof}`]);
    expect(answer.attributes["MS-MPPE-Send-Key"]).toEqual([keys.send.toString("latin1")]);
    expect(answer.attributes["MS-MPPE-Recv-Key"]).toEqual([keys.receive.toString("latin1")]);
    expect(answer.attributes["MS-MPPE-Encryption-Policy"]).toEqual(["1"]);
  });

  test("MS-CHAPv2: the two keys are hidden with different salts", async () => {
    const { packet } = msChapV2("alice", "pw-alice");
    const result = await harness.authorizer.authorize({ packet, nas, receivedAt: new Date() });
    const attributes = result.kind === "answer" ? result.attributes : [];
    const salts = attributes
      .filter(({ type, value }) => type === 26 && [16, 17].includes(value[4] ?? 0))
      .map(({ value }) => value.subarray(6, 8).toString("hex"));
    expect(new Set(salts).size).toBe(2);
  });

  test("MS-CHAPv2: a wrong password gets error 691 without a retry, and a Reply-Message", async () => {
    const answer = await login(harness, nas, msChapV2("alice", "other").packet);
    expect(answer.code).toBe(Code.AccessReject);
    expect(answer.attributes["MS-CHAP-Error"]?.[0]).toMatch(/^.E=691 R=0 C=[0-9A-F]{32} V=3 M=Login failed/);
    expect(answer.attributes["Reply-Message"]?.[0]).toMatch(/helpdesk/);
  });

  test("EAP without an upstream is rejected with an EAP-Failure of its own identifier, and no Reply-Message", async () => {
    const packet = accessRequest(nas, ['User-Name = "alice"', "EAP-Message = 0x022a000a01616c696365"]);
    const answer = await login(harness, nas, packet);
    expect(answer).toEqual({ code: Code.AccessReject, attributes: { "EAP-Message": ["\x04\x2a\x00\x04"] } });
  });

  test("an unknown user and a wrong password get the same answer", async () => {
    await addSubscriber(test_.database, { id: "s2", usernames: ["bob"] });
    const wrong = await login(harness, nas, pap(nas, "alice", "wrong"));
    expect(await login(harness, nas, pap(nas, "nobody", "wrong"))).toEqual(wrong);
    expect(await login(harness, nas, pap(nas, "bob", "wrong"))).toEqual(wrong);
  });

  test("a request without a password or a user name is rejected", async () => {
    expect((await login(harness, nas, accessRequest(nas, ['User-Name = "alice"']))).code).toBe(Code.AccessReject);
    expect((await login(harness, nas, accessRequest(nas, ['User-Password = "x"']))).code).toBe(Code.AccessReject);
  });

  test("a user name with octets that a database cannot hold spoils nobody else's login", async () => {
    const hostile = ["00", "ff00fe", "c328", "0027003b"].map((hex) =>
      accessRequest(nas, [`User-Name = 0x${hex}`, 'User-Password = "x"']),
    );
    const packets = [
      ...hostile,
      pap(nas, "alice", "pw-alice"),
      pap(nas, "alice", "pw-alice", ["Calling-Station-Id = 0x6100"]),
    ];
    const answers = await Promise.all(packets.map((packet) => login(harness, nas, packet)));
    expect(answers.map(({ code }) => code)).toEqual([3, 3, 3, 3, 2, 2]);
  });

  test("Proxy-States come back unchanged and in their order, in an Accept and in a Reject", async () => {
    const states = ["Proxy-State = 0x0102", "Proxy-State = 0x03"];
    for (const password of ["pw-alice", "wrong"]) {
      const answer = await login(harness, nas, pap(nas, "alice", password, states));
      expect(answer.attributes["Proxy-State"]).toEqual(["\x01\x02", "\x03"]);
    }
  });

  test("many logins at once are all answered, each its own", async () => {
    const packets = Array.from({ length: 800 }, (_, index) =>
      pap(nas, index % 3 === 0 ? "nobody" : "alice", index % 2 === 0 ? "pw-alice" : "wrong"),
    );
    const answers = await Promise.all(packets.map((packet) => login(harness, nas, packet)));
    expect(answers.map(({ code }) => code)).toEqual(
      packets.map((_, index) => (index % 3 !== 0 && index % 2 === 0 ? Code.AccessAccept : Code.AccessReject)),
    );
  });

  test("a credential sealed with keys that we do not have is not answered", async () => {
    await test_.database.query("update credential set password_sealed = $1", [Buffer.alloc(60, 1)]);
    expect((await login(harness, nas, pap(nas, "alice", "pw-alice"))).code).toBe("dropped: credential-unreadable");
  });
});

describe("the profile of a login", () => {
  beforeEach(() =>
    addSubscriber(test_.database, {
      id: "s1",
      usernames: ["alice"],
      password: "pw",
      plan: { downKbps: 50_000, upKbps: 10_000 },
    }),
  );

  test("without measures the plan is given, with our Class", async () => {
    const mikrotik = nasOf("mikrotik");
    const { attributes } = await login(harness, mikrotik, pap(mikrotik, "alice", "pw"));
    expect(attributes["Mikrotik-Rate-Limit"]).toEqual(["10000k/50000k"]);
    expect(attributes["Class"]?.[0]).toMatch(/^weir:\d+$/);
  });

  test("without a plan, what the NAS gives to everybody", async () => {
    await addSubscriber(test_.database, { id: "s2", usernames: ["bob"], password: "pw" });
    const configured = nasOf("generic", { none: [{ name: "Filter-Id", value: "open" }] });
    const { attributes } = await login(harness, configured, pap(configured, "bob", "pw"));
    expect(attributes["Filter-Id"]).toEqual(["open"]);
  });

  test("a measure binds the very next login, and its lifting the one after", async () => {
    const mikrotik = nasOf("mikrotik");
    await order(test_.database, "s1", { kind: "throttle", params: { downKbps: 256, upKbps: 128 } });
    const throttled = await login(harness, mikrotik, pap(mikrotik, "alice", "pw"));
    expect(throttled.attributes["Mikrotik-Rate-Limit"]).toEqual(["128k/256k"]);
    await lift(test_.database, "s1", "throttle");
    const lifted = await login(harness, mikrotik, pap(mikrotik, "alice", "pw"));
    expect(lifted.attributes["Mikrotik-Rate-Limit"]).toEqual(["10000k/50000k"]);
  });

  test("a profile that this vendor cannot express lets the customer in without it, and is counted", async () => {
    const hostapd = nasOf("hostapd");
    await order(test_.database, "s1", { kind: "walled-garden", params: {} });
    expect((await login(harness, hostapd, pap(hostapd, "alice", "pw"))).code).toBe(Code.AccessAccept);
    expect(await harness.registry.metrics()).toContain('unsupported_profiles_total{vendor="hostapd"} 1');
    const [grant] = await test_.database.query<{ profile_digest: string | null }>(
      "select profile_digest from grant_given",
    );
    expect(grant?.profile_digest).toBeNull();
  });

  test("what is given is kept under the Class that the NAS will repeat, before the profile and without secrets", async () => {
    const mikrotik = nasOf("mikrotik");
    await order(test_.database, "s1", { kind: "walled-garden", params: {} });
    const lines = ['Calling-Station-Id = "00-11-22"', 'Acct-Session-Id = "a1"'];
    const { attributes } = await login(harness, mikrotik, pap(mikrotik, "alice", "pw", lines));
    expect(attributes["Mikrotik-Address-List"]).toEqual(["weir-garden"]);
    const [grant] = await test_.database.query<Record<string, unknown>>("select * from grant_given");
    expect(grant).toMatchObject({
      nas_id: "nas-mikrotik",
      username: "alice",
      acct_session_id: "a1",
      calling_station_id: "00-11-22",
      profile: { isWalledGarden: true },
      expected: { "Mikrotik-Address-List": ["weir-garden"] },
    });
    expect(attributes["Class"]).toEqual([`weir:${grant?.["id"]}`]);
    const kept = String(grant?.["attributes"]);
    expect(kept).toContain("10000k/50000k");
    expect(kept).not.toContain("weir-garden");
  });

  test("MPPE keys and proofs are not kept", async () => {
    await test_.database.query("update subscriber set plan = null");
    await login(harness, nas, msChapV2("alice", "pw").packet);
    const [grant] = await test_.database.query<{ attributes: Buffer }>("select attributes from grant_given");
    expect(grant?.attributes).toHaveLength(0);
  });

  test("a restricted login is on record among the enforcements once it is answered, with its octets", async () => {
    await order(test_.database, "s1", { kind: "walled-garden", params: {} });
    await login(harness, nas, pap(nas, "alice", "pw"));
    const rows = await test_.database.query("select kind, subscriber_id, nas_id, outcome, response from enforcement");
    expect(rows).toEqual([
      {
        kind: "access",
        subscriber_id: "s1",
        nas_id: "nas-generic",
        outcome: "acknowledged",
        response: expect.any(Buffer),
      },
    ]);
  });

  test("an unrestricted login is no enforcement", async () => {
    await login(harness, nas, pap(nas, "alice", "pw"));
    expect(await test_.database.query("select id from enforcement")).toEqual([]);
  });
});

describe("a suspended or terminated subscriber", () => {
  beforeEach(() => addSubscriber(test_.database, { id: "s1", usernames: ["alice"], password: "pw" }));

  test("is rejected with a Reply-Message that says what to do, and let in again once it is lifted", async () => {
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    const suspended = await login(harness, nas, pap(nas, "alice", "pw"));
    expect(suspended.code).toBe(Code.AccessReject);
    expect(suspended.attributes["Reply-Message"]?.[0]).toMatch(/suspended.*call our helpdesk/);
    expect(suspended.attributes["Reply-Message"]?.[0]).not.toContain("alice");
    await lift(test_.database, "s1", "suspend");
    expect((await login(harness, nas, pap(nas, "alice", "pw"))).code).toBe(Code.AccessAccept);
  });

  test("is told so in MS-CHAPv2's own error, account disabled", async () => {
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    const answer = await login(harness, nas, msChapV2("alice", "pw").packet);
    expect(answer.attributes["MS-CHAP-Error"]?.[0]).toMatch(/^.E=647 R=0 .* M=Your internet service is suspended/);
  });

  test("is not given away to who does not know the password", async () => {
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    expect(await login(harness, nas, pap(nas, "alice", "wrong"))).toEqual(
      await login(harness, nas, pap(nas, "nobody", "wrong")),
    );
  });

  test("whose router tries every few seconds is on record once, not each time", async () => {
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    for (let round = 0; round < 5; round++) await login(harness, nas, pap(nas, "alice", "pw"));
    expect(await test_.database.query("select reason from enforcement")).toEqual([{ reason: "suspended" }]);
  });
});

describe("without the database", () => {
  test("a local login is not answered, so that the NAS asks its next server", async () => {
    const away = harnessOn(
      { ...test_.database, query: () => Promise.reject(new Error("connection refused")) },
      { limits: { maxWaitMs: 200 } },
    );
    const packet = pap(nas, "alice", "pw");
    const result = await away.authorizer.authorize({ packet, nas, receivedAt: new Date() });
    expect(inWords(result, packet, nas).code).toBe("dropped: database-unavailable");
    await away.authorizer.stop();
  });

  test("one that hangs is waited for no longer than the bound", async () => {
    const hanging = harnessOn(
      { ...test_.database, query: () => new Promise(() => undefined) },
      { limits: { maxWaitMs: 200 } },
    );
    const startedAt = performance.now();
    expect((await login(hanging, nas, pap(nas, "alice", "pw"))).code).toBe("dropped: database-unavailable");
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await hanging.authorizer.stop();
  });
});

test("a password that nobody stored opens nothing, not even the decoy's", async () => {
  const decoy = credentials.decoy();
  const answer = await login(harness, nas, pap(nas, "", credentials.open(decoy)));
  expect(answer.code).toBe(Code.AccessReject);
});
