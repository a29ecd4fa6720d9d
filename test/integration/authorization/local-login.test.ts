import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import {
  accessRequest,
  addSubscriber,
  clearLogins,
  credentials,
  type Harness,
  harnessOn,
  inWords,
  login,
  nasOf,
  pap,
} from "./login-harness.ts";
import { chap, chapOverAuthenticator, msChapFailure, msChapV2 } from "./login-methods.ts";

let test_: TestDatabase;
let harness: Harness;
const nas = nasOf("generic");

beforeAll(async () => {
  test_ = await createTestDatabase();
});
afterAll(() => test_.drop());

beforeEach(async () => {
  await clearLogins(test_.database);
  harness = harnessOn(test_.database);
  return () => harness.authorizer.stop();
});

describe("local credentials", () => {
  beforeEach(() => addSubscriber(test_.database, { id: "s1", usernames: ["alice", "ALICE"], password: "pw-alice" }));

  test("PAP: the right password is let in, a wrong one is not", async () => {
    expect((await login(harness, nas, pap(nas, "alice", "pw-alice"))).code).toBe(Code.AccessAccept);
    expect((await login(harness, nas, pap(nas, "alice", "pw-alicf"))).code).toBe(Code.AccessReject);
    expect((await login(harness, nas, pap(nas, "alice", ""))).code).toBe(Code.AccessReject);
  });

  test("CHAP: the right password is let in, a wrong one is not, with a CHAP-Challenge and without", async () => {
    for (const packetOf of [chap, chapOverAuthenticator]) {
      expect((await login(harness, nas, packetOf(nas, "ALICE", "pw-alice"))).code).toBe(Code.AccessAccept);
      expect((await login(harness, nas, packetOf(nas, "alice", "other"))).code).toBe(Code.AccessReject);
    }
  });

  test("MS-CHAPv2: the right password gets our proof and both MPPE keys", async () => {
    const { packet, proven } = msChapV2(nas, "alice", "pw-alice");
    const answer = await login(harness, nas, packet);
    expect(answer.code).toBe(Code.AccessAccept);
    expect(answer.attributes).toMatchObject(proven);
  });

  test("MS-CHAPv2: the two keys are hidden with different salts", async () => {
    const { packet } = msChapV2(nas, "alice", "pw-alice");
    const result = await harness.authorizer.authorize({ packet, nas, receivedAt: new Date() });
    const attributes = result.kind === "answer" ? result.attributes : [];
    const salts = attributes
      .filter(({ type, value }) => type === 26 && [16, 17].includes(value[4] ?? 0))
      .map(({ value }) => value.subarray(6, 8).toString("hex"));
    expect(new Set(salts).size).toBe(2);
  });

  test("MS-CHAPv2: a wrong password gets error 691 without a retry, and a Reply-Message", async () => {
    const answer = await login(harness, nas, msChapV2(nas, "alice", "other").packet);
    expect(answer.code).toBe(Code.AccessReject);
    expect(answer.attributes["MS-CHAP-Error"]?.[0]).toMatch(msChapFailure(691, /Login failed/));
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
