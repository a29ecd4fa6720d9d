import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import {
  addSubscriber,
  clearLogins,
  type Harness,
  harnessOn,
  lift,
  login,
  nasOf,
  order,
  pap,
} from "./login-harness.ts";
import { msChapFailure, msChapV2 } from "./login-methods.ts";

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
    const lines = ['Calling-Station-Id = "00-11-22"', 'Acct-Session-Id = "a1"', 'NAS-Port-Id = "xe-0/0/1:7"'];
    const { attributes } = await login(harness, mikrotik, pap(mikrotik, "alice", "pw", lines));
    expect(attributes["Mikrotik-Address-List"]).toEqual(["weir-garden"]);
    const [grant] = await test_.database.query<Record<string, unknown>>("select * from grant_given");
    expect(grant).toMatchObject({
      nas_id: "nas-mikrotik",
      username: "alice",
      acct_session_id: "a1",
      calling_station_id: "00-11-22",
      nas_port_id: "xe-0/0/1:7",
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
    await login(harness, nas, msChapV2(nas, "alice", "pw").packet);
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
    const answer = await login(harness, nas, msChapV2(nas, "alice", "pw").packet);
    expect(answer.attributes["MS-CHAP-Error"]?.[0]).toMatch(msChapFailure(647, /Your internet service is suspended/));
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
