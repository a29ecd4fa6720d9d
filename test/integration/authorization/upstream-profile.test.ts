import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import type { RawAttribute } from "../../../src/radius/packet.ts";
import { accessRequest, addSubscriber, login, nasOf, order, pap } from "./login-harness.ts";
import { accept, createUpstreamBench, type UpstreamBench } from "./upstream-harness.ts";

const nas = nasOf("mikrotik");
let bench: UpstreamBench;
beforeAll(async () => {
  bench = await createUpstreamBench();
});
beforeEach(() => bench.clear());
afterAll(() => bench.stop());

describe("the profile", () => {
  beforeEach(() =>
    addSubscriber(bench.database, { id: "s1", usernames: ["alice"], plan: { downKbps: 9_000, upKbps: 900 } }),
  );

  test("is laid over what the upstream gave, which is kept for lifting; Acct-Interim-Interval stays", async () => {
    const server = await bench.upstream(
      accept(
        "Mikrotik-Rate-Limit = 10M/50M",
        "Acct-Interim-Interval = 300",
        "Mikrotik-Address-List = gold",
        "Session-Timeout = 60",
      ),
    );
    await order(bench.database, "s1", { kind: "walled-garden", params: {} });
    const { attributes } = await login(bench.through([server]), nas, pap(nas, "alice", "pw"));
    expect(attributes).toMatchObject({
      "Mikrotik-Rate-Limit": ["10M/50M"],
      "Mikrotik-Address-List": ["weir-garden"],
      "Acct-Interim-Interval": ["300"],
      "Session-Timeout": ["60"],
    });
    const [grant] = await bench.database.query<{ attributes: Buffer; profile: object }>("select * from grant_given");
    expect(String(grant?.attributes)).toContain("gold");
    expect(grant?.profile).toEqual({ isWalledGarden: true });
  });

  test("a subscriber's plan does not come between the upstream and the NAS", async () => {
    const server = await bench.upstream(accept("Mikrotik-Rate-Limit = 10M/50M"));
    const { attributes } = await login(bench.through([server]), nas, pap(nas, "alice", "pw"));
    expect(attributes["Mikrotik-Rate-Limit"]).toEqual(["10M/50M"]);
  });

  test("is that of the User-Name in the Accept, where the request's is anonymous", async () => {
    const server = await bench.upstream(accept('User-Name = "alice"'));
    await order(bench.database, "s1", { kind: "walled-garden", params: {} });
    const { attributes } = await login(bench.through([server]), nas, pap(nas, "anonymous@isp", "pw"));
    expect(attributes["Mikrotik-Address-List"]).toEqual(["weir-garden"]);
    const [grant] = await bench.database.query("select username, spelling, asked_spelling from grant_given");
    expect(grant).toEqual({ username: "alice", spelling: "alice", asked_spelling: "anonymous@isp" });
  });

  test("a login of nobody's username passes as the upstream gave it", async () => {
    const server = await bench.upstream(accept("Mikrotik-Rate-Limit = 1M/5M"));
    const { code, attributes } = await login(bench.through([server]), nas, pap(nas, "unheard-of", "pw"));
    expect(code).toBe(Code.AccessAccept);
    expect(attributes["Mikrotik-Rate-Limit"]).toEqual(["1M/5M"]);
  });

  test("suspended: rejected with the advice to call, without asking the upstream, on record", async () => {
    const server = await bench.upstream(accept());
    await order(bench.database, "s1", { kind: "suspend", params: {} });
    const answer = await login(bench.through([server]), nas, pap(nas, "alice", "pw"));
    expect(answer.code).toBe(Code.AccessReject);
    expect(answer.attributes["Reply-Message"]?.[0]).toMatch(/suspended.*helpdesk/);
    expect(server.requests).toEqual([]);
    expect(await bench.database.query("select reason from enforcement")).toEqual([{ reason: "suspended" }]);
  });

  test("suspended behind an anonymous outer identity: the Accept becomes a Reject with an EAP-Failure, without keys", async () => {
    const server = await bench.upstream(
      accept('User-Name = "alice"', "EAP-Message = 0x032b0004", `MS-MPPE-Send-Key = 0x${"11".repeat(32)}`),
    );
    await order(bench.database, "s1", { kind: "suspend", params: {} });
    const packet = accessRequest(nas, ['User-Name = "anonymous"', "EAP-Message = 0x022b00060d00"]);
    expect(await login(bench.through([server]), nas, packet)).toEqual({
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
    bench.database.query<{ profile_digest: string | null }>("select profile_digest from grant_given");

  test("goes without our Class, and what it gives is kept nevertheless", async () => {
    const server = await bench.upstream(() => ({ code: Code.AccessAccept, attributes: filled(4090) }));
    await addSubscriber(bench.database, { id: "s1", usernames: ["alice"] });
    const { code, attributes } = await login(bench.through([server]), nas, pap(nas, "alice", "pw"));
    expect(code).toBe(Code.AccessAccept);
    expect(attributes["Class"]).toBe(undefined);
    expect(await grants()).toHaveLength(1);
  });

  test("goes without the profile that has no room, and that is counted", async () => {
    const server = await bench.upstream(() => ({ code: Code.AccessAccept, attributes: filled(4085) }));
    await addSubscriber(bench.database, { id: "s1", usernames: ["alice"] });
    await order(bench.database, "s1", { kind: "walled-garden", params: {} });
    const harness = bench.through([server]);
    const { code, attributes } = await login(harness, nas, pap(nas, "alice", "pw"));
    expect(code).toBe(Code.AccessAccept);
    expect(attributes["Mikrotik-Address-List"]).toBe(undefined);
    expect(await harness.registry.metrics()).toContain('unsupported_profiles_total{vendor="mikrotik"} 1');
    expect(await grants()).toEqual([{ profile_digest: null }]);
  });

  test("that is too long by itself, with the NAS's Proxy-States, is dropped with its reason", async () => {
    const server = await bench.upstream(() => ({ code: Code.AccessAccept, attributes: filled(4090) }));
    const packet = pap(nas, "alice", "pw", ["Proxy-State = 0x0102030405060708"]);
    expect((await login(bench.through([server]), nas, packet)).code).toBe("dropped: too-long");
  });
});

describe("an Accept whose grant the database does not take", () => {
  const failing = { saveGrants: () => Promise.reject(new Error("too slow")) };

  test("says in its Class that a profile was laid over it", async () => {
    const server = await bench.upstream(accept());
    await addSubscriber(bench.database, { id: "s1", usernames: ["alice"] });
    await order(bench.database, "s1", { kind: "walled-garden", params: {} });
    const { attributes } = await login(bench.through([server], failing), nas, pap(nas, "alice", "pw"));
    expect(attributes).toMatchObject({ "Mikrotik-Address-List": ["weir-garden"], Class: ["weir:0"] });
  });

  test("has no Class of ours where nothing was laid over it", async () => {
    const server = await bench.upstream(accept());
    const { code, attributes } = await login(bench.through([server], failing), nas, pap(nas, "alice", "pw"));
    expect([code, attributes["Class"]]).toEqual([Code.AccessAccept, undefined]);
  });
});
