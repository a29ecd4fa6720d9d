import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Code } from "../../../src/radius/code.ts";
import { accessRequest, addSubscriber, login, nasOf, order, pap } from "./login-harness.ts";
import { accept, createUpstreamBench, type UpstreamBench } from "./upstream-harness.ts";

const nas = nasOf("mikrotik");
let bench: UpstreamBench;
beforeAll(async () => {
  bench = await createUpstreamBench();
});
beforeEach(() => bench.clear());
afterAll(() => bench.stop());

describe("a User-Name in another spelling than the subscriber's, which many an upstream takes for the same", () => {
  const named = (octets: Buffer) => accessRequest(nas, [], { extra: [{ type: 1, value: octets }] });
  const spellings = ["ALICE", "Alice ", " alice", "alice\0", "alice \0\0", "ａｌｉｃｅ", "al\u00adice"];

  test("does not get past a suspension, nor past a garden, with the database and without it", async () => {
    const server = await bench.upstream(accept());
    await addSubscriber(bench.database, { id: "s1", usernames: ["alice"] });
    await order(bench.database, "s1", { kind: "suspend", params: {} });
    const state = bench.fragile();
    const harness = bench.through([server], {
      database: state.database,
      limits: { rememberEveryMs: 20, maxWaitMs: 300 },
    });
    for (const spelling of spellings)
      expect((await login(harness, nas, named(Buffer.from(spelling)))).code, spelling).toBe(Code.AccessReject);
    const fresh = bench.through([server], {
      database: state.database,
      limits: { rememberEveryMs: 20, maxWaitMs: 300 },
    });
    await vi.waitFor(async () => {
      state.isAway = true;
      const answers = await Promise.all(spellings.map((one) => login(fresh, nas, named(Buffer.from(one)))));
      state.isAway = false;
      expect(answers.map(({ code }) => code)).toEqual(spellings.map(() => Code.AccessReject));
    });
    expect(server.requests.length).toBeLessThan(200);
  });

  test("is that of whoever has it exactly, also without the database", async () => {
    const server = await bench.upstream(accept());
    await addSubscriber(bench.database, { id: "s1", usernames: ["alice"] });
    await addSubscriber(bench.database, { id: "s2", usernames: ["Alice"] });
    await order(bench.database, "s1", { kind: "suspend", params: {} });
    const state = bench.fragile();
    const harness = bench.through([server], {
      database: state.database,
      limits: { rememberEveryMs: 20, maxWaitMs: 300 },
    });
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
    const server = await bench.upstream(accept());
    expect((await login(bench.through([server]), nas, named(Buffer.from("alice\0x")))).code).toBe(Code.AccessReject);
    expect(server.requests).toEqual([]);
  });
});

describe("without the database", () => {
  beforeEach(async () => {
    await addSubscriber(bench.database, { id: "s1", usernames: ["alice"] });
    await addSubscriber(bench.database, { id: "s2", usernames: ["bob"] });
    await order(bench.database, "s1", { kind: "walled-garden", params: {} });
  });

  test("logins go on, with the profile last known, also of who never logged in since", async () => {
    const server = await bench.upstream(accept("Filter-Id = gold"));
    const state = bench.fragile();
    const harness = bench.through([server], {
      database: state.database,
      limits: { rememberEveryMs: 20, maxWaitMs: 300 },
    });
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
    const server = await bench.upstream(accept());
    await order(bench.database, "s1", { kind: "suspend", params: {} });
    const state = bench.fragile();
    const harness = bench.through([server], { database: state.database, limits: { maxWaitMs: 300 } });
    await login(harness, nas, pap(nas, "alice", "pw"));
    state.isAway = true;
    expect((await login(harness, nas, pap(nas, "alice", "pw"))).code).toBe(Code.AccessReject);
  });

  test("what was learnt as lifted is not remembered as restricted", async () => {
    const server = await bench.upstream(accept());
    const state = bench.fragile();
    const harness = bench.through([server], { database: state.database, limits: { maxWaitMs: 300 } });
    await login(harness, nas, pap(nas, "alice", "pw"));
    await bench.database.query("update subscriber set profile = null, profile_digest = null");
    await login(harness, nas, pap(nas, "alice", "pw"));
    state.isAway = true;
    const { attributes } = await login(harness, nas, pap(nas, "alice", "pw"));
    expect(attributes["Mikrotik-Address-List"]).toBeUndefined();
  });
});
