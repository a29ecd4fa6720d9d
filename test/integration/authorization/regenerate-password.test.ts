import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { regenerateNow } from "../../../src/authorization/password-change.ts";
import { endPasswordRegeneration, markPasswordRegenerated } from "../../../src/enforcement/regenerate-password.ts";
import { Code } from "../../../src/radius/code.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { addSubscriber, credentials, type Harness, harnessOn, login, nasOf, order, pap } from "./login-harness.ts";

let test_: TestDatabase;
let harness: Harness;
const nas = nasOf("mikrotik");

beforeAll(async () => {
  test_ = await createTestDatabase({ maxConnections: 12 });
});
afterAll(() => test_.drop());

beforeEach(async () => {
  await test_.database.query("delete from measure");
  await test_.database.query("delete from subscriber");
  await addSubscriber(test_.database, { id: "s1", usernames: ["alice", "alice2"], password: "old" });
  harness = harnessOn(test_.database);
  return () => harness.authorizer.stop();
});

const arm = (answer: "reject" | "walled-garden") =>
  order(test_.database, "s1", { kind: "regenerate-password", params: { when: "next-auth", answer } });

const enter = (password: string, username = "alice", through = harness) =>
  login(through, nas, pap(nas, username, password));

const measure = async () =>
  (await test_.database.query<{ state: string; progress: string }>("select state, progress from measure"))[0];

const newPassword = async (): Promise<string> => {
  const reveal = await test_.database.transaction((trx) =>
    credentials.reveal(trx, { subscriberId: "s1", by: "key:helpdesk", now: new Date() }),
  );
  if (reveal.kind !== "password") throw new Error(reveal.kind);
  return reveal.password;
};

const callTheHelpdesk = {
  code: Code.AccessReject,
  attributes: { "Reply-Message": [expect.stringMatching(/password was replaced.*helpdesk/)] },
};

describe("regenerate-password at the next login, answer reject", () => {
  beforeEach(() => arm("reject"));

  test("the old, correct password is rejected with the advice to call, and regenerated", async () => {
    expect(await enter("old")).toEqual(callTheHelpdesk);
    expect(await measure()).toEqual({ state: "active", progress: "regenerated" });
  });

  test("the old password never works again; its user is told to call each time", async () => {
    for (let round = 0; round < 3; round++) expect(await enter("old")).toEqual(callTheHelpdesk);
  });

  test("a wrong password changes nothing", async () => {
    const before = await credentials.credentialsOf(test_.database, ["alice"]);
    expect((await enter("wrong")).attributes["Reply-Message"]?.[0]).toMatch(/^Login failed/);
    expect(await credentials.credentialsOf(test_.database, ["alice"])).toEqual(before);
    expect(await measure()).toEqual({ state: "active", progress: "armed" });
  });

  test("the first login with the new password is let in and ends the measure", async () => {
    await enter("old");
    const password = await newPassword();
    const accepted = await enter(password);
    expect(accepted.code).toBe(Code.AccessAccept);
    expect(accepted.attributes["Mikrotik-Address-List"]).toBeUndefined();
    expect(await measure()).toEqual({ state: "lifted", progress: "regenerated" });
    expect((await enter(password, "alice2")).code).toBe(Code.AccessAccept);
    expect((await enter("old")).attributes["Reply-Message"]?.[0]).toMatch(/^Login failed/);
  });

  test("devices that log in at the same moment, on two nodes, regenerate once", async () => {
    const other = harnessOn(test_.database);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        enter("old", index % 2 === 0 ? "alice" : "alice2", index % 3 === 0 ? harness : other),
      ),
    );
    for (const answer of answers) expect(answer).toEqual(callTheHelpdesk);
    const password = await newPassword();
    expect((await enter(password)).code).toBe(Code.AccessAccept);
    await other.authorizer.stop();
  });

  test("logins with the new password at the same moment all get in, and end the measure once", async () => {
    await enter("old");
    const password = await newPassword();
    const answers = await Promise.all(Array.from({ length: 6 }, () => enter(password)));
    expect(answers.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => Code.AccessAccept));
    expect(await measure()).toMatchObject({ state: "lifted" });
  });

  test("waits while the subscriber is suspended", async () => {
    await order(test_.database, "s1", { kind: "suspend", params: {} });
    expect((await enter("old")).attributes["Reply-Message"]?.[0]).toMatch(/suspended/);
    expect((await credentials.credentialsOf(test_.database, ["alice"])).get("alice")?.previousSealed).toBeUndefined();
  });

  test("a password that a person sets meanwhile counts like a new one", async () => {
    await enter("old");
    await test_.database.transaction((trx) => credentials.replace(trx, [{ subscriberId: "s1", password: "chosen" }]));
    expect((await enter("chosen")).code).toBe(Code.AccessAccept);
    expect(await measure()).toMatchObject({ state: "lifted" });
  });
});

describe("regenerate-password at the next login, answer walled-garden", () => {
  beforeEach(() => arm("walled-garden"));

  test("the login that withdraws the old password is let into the garden; the old password never works again", async () => {
    const gardened = await enter("old");
    expect(gardened.code).toBe(Code.AccessAccept);
    expect(gardened.attributes["Mikrotik-Address-List"]).toEqual(["weir-garden"]);
    expect(await enter("old")).toEqual(callTheHelpdesk);
  });

  test("of two devices at the same moment one gets the garden, and the other is told to call", async () => {
    const answers = await Promise.all([enter("old"), enter("old", "alice2")]);
    expect(answers.map(({ code }) => code).sort()).toEqual([Code.AccessAccept, Code.AccessReject]);
  });

  test("the new password leaves the garden", async () => {
    await enter("old");
    const { attributes, code } = await enter(await newPassword());
    expect(code).toBe(Code.AccessAccept);
    expect(attributes["Mikrotik-Address-List"]).toBeUndefined();
  });

  test("a garden that has no room in the answer lets nobody in with the old password", async () => {
    const rules = Array.from({ length: 17 }, () => ({ name: "Reply-Message", value: "x".repeat(250) }));
    const wordy = nasOf("mikrotik", { "walled-garden": rules });
    expect(await login(harness, wordy, pap(wordy, "alice", "old"))).toEqual(callTheHelpdesk);
  });

  test("a NAS that cannot garden lets nobody in with the old password", async () => {
    const hostapd = nasOf("hostapd");
    const answer = await login(harness, hostapd, pap(hostapd, "alice", "old"));
    expect(answer).toEqual(callTheHelpdesk);
    expect(await measure()).toEqual({ state: "active", progress: "regenerated" });
  });
});

describe("regenerate-password now", () => {
  const now = async (subscriberId: string) =>
    await test_.database.transaction((trx) =>
      regenerateNow(
        trx,
        { subscriberId, now: new Date() },
        { credentials, measure: { markPasswordRegenerated, endPasswordRegeneration } },
      ),
    );

  test("changes the password in the ordering, and the first login with the new one ends it", async () => {
    await order(test_.database, "s1", { kind: "regenerate-password", params: { when: "now", answer: "reject" } });
    expect(await now("s1")).toBe(true);
    expect(await enter("old")).toEqual(callTheHelpdesk);
    expect((await enter(await newPassword())).code).toBe(Code.AccessAccept);
    expect(await measure()).toMatchObject({ state: "lifted" });
  });

  test("says so where there is nothing to regenerate", async () => {
    expect(await now("s1")).toBe(false);
    await addSubscriber(test_.database, { id: "s2" });
    await order(test_.database, "s2", { kind: "regenerate-password", params: { when: "now", answer: "reject" } });
    expect(await now("s2")).toBe(false);
  });
});
