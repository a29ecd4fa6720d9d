import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { customerAt } from "../response/customers.ts";
import { type ApiUnderTest, type Body, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

let count = 0;
let id = "";
beforeEach(async () => {
  count += 1;
  id = `subscriber-${count}`;
  await api.call("PUT", `/v1/subscribers/${id}`, { json: { usernames: [`${id}@isp.example`] } });
});

const put = (kind: string, json: object, key?: string, query = "") =>
  api.call("PUT", `/v1/subscribers/${id}/measures/${kind}${query}`, { json, ...(key === undefined ? {} : { key }) });
const lift = (kind: string) => api.call("DELETE", `/v1/subscribers/${id}/measures/${kind}`);
const decide = (measure: string, decision: "approve" | "reject", key?: string) =>
  api.call("POST", `/v1/measures/${measure}/${decision}`, key === undefined ? {} : { key });
const rates = { downKbps: 512, upKbps: 256 };

describe("PUT /v1/subscribers/{id}/measures/{kind}", () => {
  test.each([
    ["throttle", rates],
    ["walled-garden", undefined],
    ["block-ports", { rules: [{ protocol: "tcp", port: 25, direction: "out" }] }],
    ["restrict-smtp", undefined],
    ["suspend", undefined],
  ])("%s answers 202, and holds without any session", async (kind, params) => {
    const { status, body } = await put(kind, { reason: "abuse", ...(params && { params }) });
    expect(status).toBe(202);
    expect(body).toMatchObject({ id: expect.any(String), kind, state: "in-force", sessions: [], reason: "abuse" });
    expect(body.params).toEqual(params ?? {});
    expect((await api.call("GET", `/v1/subscribers/${id}`)).body.measures).toMatchObject([{ id: body.id }]);
    expect((await api.call("GET", `/v1/measures/${body.id}`)).body).toEqual(body);
  });

  test("ordering the same again is the same measure; other params replace it", async () => {
    const one = await put("throttle", { reason: "a", params: rates });
    expect((await put("throttle", { reason: "a", params: rates })).body.id).toBe(one.body.id);
    const other = await put("throttle", { reason: "a", params: { downKbps: 64, upKbps: 64 } });
    expect(other.body.id).not.toBe(one.body.id);
    expect((await api.call("GET", `/v1/measures/${one.body.id}`)).body.state).toBe("lifted");
  });

  test("until ends it, and dryRun changes nothing", async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const planned = await put("suspend", { reason: "x", until, dryRun: true });
    expect(planned.body).toMatchObject({ id: null, kind: "suspend", state: "in-force", until });
    expect((await api.call("GET", `/v1/measures?subscriber=${id}`)).body.items).toEqual([]);
    const { body } = await put("suspend", { reason: "x", until });
    expect(body.until).toBe(until);
    // What stands already has its id.
    expect((await put("suspend", { reason: "x", dryRun: true })).body.id).toBe(body.id);
  });

  test.each([
    ["throttle", {}, "/reason"],
    ["throttle", { reason: "x" }, "/params"],
    ["throttle", { reason: "x", params: { ...rates, downKbps: "1" } }, "/params/downKbps"],
    ["throttle", { reason: "x", params: { downKbps: 0, upKbps: 1 } }, "/params/downKbps"],
    ["suspend", { reason: "x", params: { for: "ever" } }, "/params/for"],
    ["suspend", { reason: "x", until: "tomorrow" }, "/until"],
    ["suspend", { reason: "x", until: "2020-01-01T00:00:00Z" }, "/until"],
    ["suspend", { reason: "x", colour: "red" }, "/colour"],
    ["block-ports", { reason: "x", params: { rules: [] } }, "/params/rules"],
    [
      "block-ports",
      { reason: "x", params: { rules: [{ protocol: "tcp", port: 25, direction: "up" }] } },
      "/params/rules/0/direction",
    ],
    ["regenerate-password", { reason: "x", params: { when: "later" } }, "/params/when"],
  ])("%s with %j is refused at %s", async (kind, json, pointer) => {
    const { status, body } = await put(kind, json);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "invalid-body", status: 400 });
    expect(body.errors.map((error: Body) => error.pointer).join()).toContain(pointer);
    expect((await api.call("GET", `/v1/measures?subscriber=${id}`)).body.items).toEqual([]);
  });

  test("what there is none of is 404: subscriber, kind, case, measure to lift", async () => {
    const nobody = await api.call("PUT", "/v1/subscribers/nobody/measures/suspend", { json: { reason: "x" } });
    expect(nobody.body).toMatchObject({ status: 404, code: "unknown-subscriber" });
    expect((await put("banish", { reason: "x" })).body).toMatchObject({ status: 404, code: "unknown-measure" });
    expect((await put("suspend", { reason: "x", case: "4711" })).body).toMatchObject({
      status: 404,
      code: "unknown-case",
    });
    expect((await lift("suspend")).body).toMatchObject({ status: 404, code: "unknown-measure" });
  });

  test("a line without a password here has none to regenerate", async () => {
    const answer = await put("regenerate-password", { reason: "x" });
    expect(answer.body).toMatchObject({ status: 409, code: "no-credential" });
  });

  test("a NAS that cannot express it is told: 422, and nothing stands", async () => {
    const nas = { address: "192.0.2.200", secret: "testing123", vendor: "hostapd" };
    await api.call("PUT", "/v1/nas/access-point", { json: nas });
    await api.database.query(
      `insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, username, subscriber_id)
       values ('access-point', $1, now(), now(), now(), 'x', $1)`,
      [id],
    );
    expect((await put("throttle", { reason: "x", params: rates })).body).toMatchObject({
      status: 422,
      code: "unsupported-by-vendor",
    });
    expect((await api.call("GET", `/v1/subscribers/${id}`)).body.measures).toEqual([]);
    expect((await put("suspend", { reason: "x" })).status).toBe(202);
  });

  test("viewers and the helpdesk cannot order, operators can", async () => {
    for (const role of ["viewer", "helpdesk"] as const)
      expect((await put("suspend", { reason: "x" }, await api.keyOf(role))).body).toMatchObject({
        status: 403,
        code: "forbidden",
      });
    expect((await put("suspend", { reason: "x" }, await api.keyOf("operator"))).status).toBe(202);
  });

  test("an Idempotency-Key makes one order of two, and one lifting of two", async () => {
    const headers = { "idempotency-key": `order-${id}` };
    const path = `/v1/subscribers/${id}/measures/suspend`;
    const send = () => api.call("PUT", path, { json: { reason: "x" }, headers });
    const [one, two] = await Promise.all([send(), send()]);
    expect(two).toMatchObject({ status: one.status, body: one.body });
    await lift("suspend");
    expect((await send()).body).toEqual(one.body);
    expect((await api.call("GET", path)).body.state).toBe("lifted");
  });
});

describe("termination", () => {
  test("waits for another person's key, then is in force", async () => {
    const [first, second] = [await api.keyOf("operator"), await api.keyOf("operator")];
    const { body } = await put("terminate", { reason: "refuses to act" }, first);
    expect(body).toMatchObject({ state: "awaiting-approval", sessions: [] });
    expect((await decide(body.id, "approve", first)).body).toMatchObject({ status: 403, code: "same-person" });
    expect((await decide(body.id, "approve", await api.keyOf("viewer"))).status).toBe(403);
    const approved = await decide(body.id, "approve", second);
    expect(approved).toMatchObject({ status: 202, body: { id: body.id, state: "in-force" } });
    expect((await decide(body.id, "approve", second)).body).toMatchObject({ status: 409, code: "not-waiting" });
  });

  test("an empty body is no body, whatever its sender says that it is", async () => {
    const { body } = await put("terminate", { reason: "x" });
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const path = `/v1/measures/${body.id}/reject`;
    const full = await api.call("POST", path, { body: "reason=x", headers: form });
    expect(full.body).toMatchObject({ status: 415, code: "unsupported-content-type" });
    expect((await api.call("POST", path, { body: "", headers: { ...form, "content-length": "0" } })).status).toBe(202);
  });

  test("rejected it is over", async () => {
    const { body } = await put("terminate", { reason: "x" });
    expect(await decide(body.id, "reject")).toMatchObject({ status: 202, body: { state: "lifted" } });
    expect((await decide(body.id, "approve")).body.code).toBe("not-waiting");
  });

  test.each(["4711", "x", "0", "99999999999999999999"])("there is no measure %s to decide about", async (measure) => {
    for (const decision of ["approve", "reject"] as const)
      expect((await decide(measure, decision)).body).toMatchObject({ status: 404, code: "unknown-measure" });
  });
});

test("the audit says how a measure stood then, in the words in which its own calls say it", async () => {
  const { body } = await put("terminate", { reason: "x" });
  await decide(body.id, "reject");
  await put("suspend", { reason: "x" });
  await lift("suspend");
  const { items } = (await api.call("GET", `/v1/audit?subject=subscriber:${id}`)).body;
  const told = items.filter(({ action }: Body) => action.startsWith("measure.")).toReversed();
  expect(told.map(({ action, detail }: Body) => `${action} ${detail.state}`)).toEqual([
    "measure.order awaiting-approval",
    "measure.reject lifted",
    "measure.order in-force",
    "measure.lift lifted",
  ]);
});

test("measures are listed by the states that they show", async () => {
  const waiting = await put("terminate", { reason: "x" });
  const inForce = await put("suspend", { reason: "x" });
  await put("restrict-smtp", { reason: "x" });
  const lifted = await lift("restrict-smtp");
  const listed = async (state: string): Promise<string[]> =>
    (await api.call("GET", `/v1/measures?subscriber=${id}&state=${state}`)).body.items.map((one: Body) => one.id);
  expect(await listed("awaiting-approval")).toEqual([waiting.body.id]);
  expect(await listed("in-force")).toEqual([inForce.body.id]);
  expect(await listed("active")).toEqual([inForce.body.id]);
  expect(await listed("lifted")).toEqual([lifted.body.id]);
  for (const state of ["held", "pending", "partial", "failed"]) expect(await listed(state)).toEqual([]);
  expect((await api.call("GET", "/v1/measures?state=strange")).status).toBe(400);
});

describe("breakers", () => {
  const report = async (source: string, ips: readonly string[]) => {
    const at = new Date(Date.now() - 1000).toISOString();
    const json = ips.map((ip) => ({ ip, at, category: "botnet" }));
    return (await api.call("POST", `/v1/reports?source=${source}`, { json })).body;
  };
  const customers = async (network: string, size: number): Promise<string[]> => {
    const ips = Array.from({ length: size }, (_, index) => `${network}.${index + 1}`);
    for (const ip of ips) await customerAt(api.database, `at-${ip}`, ip, new Date(Date.now() - 3_600_000));
    return ips;
  };
  const breaker = async (source: string) => (await api.call("GET", `/v1/breakers/source:${source}`)).body;
  const source = async (name: string) =>
    await api.call("PUT", `/v1/sources/${name}`, { json: { kind: "third-party", trust: 90 } });

  test("by default 50 measures an hour pass for a source; the rest is held, listed and approved one by one", async () => {
    await source("loud");
    expect(await breaker("loud")).toMatchObject({ id: "source:loud", limit: 50, count: 0, state: "closed", held: [] });
    const listed = (await api.call("GET", "/v1/breakers")).body.items.map((one: Body) => one.id);
    expect(listed).toEqual(expect.arrayContaining(["base", "source:loud"]));
    const ips = await customers("10.7.0", 52);
    await report("loud", ips.slice(0, 30));
    expect(await breaker("loud")).toMatchObject({
      limit: 50,
      windowSeconds: 3600,
      count: 30,
      state: "closed",
      held: [],
    });
    expect((await report("loud", ips.slice(30))).cases).toHaveLength(22);
    const open = await breaker("loud");
    expect(open).toMatchObject({ id: "source:loud", scope: "source", count: 50, state: "open" });
    expect(open.held).toHaveLength(2);
    const [held] = open.held;
    expect((await api.call("GET", `/v1/measures/${held.id}`)).body).toMatchObject({
      state: "held",
      heldBy: "source:loud",
    });
    expect((await api.call("GET", "/v1/measures?state=held")).body.items).toHaveLength(2);
    expect((await decide(held.id, "approve")).body.state).not.toBe("held");
    const reset = await api.call("POST", "/v1/breakers/source:loud/reset");
    expect(reset.body).toMatchObject({ state: "closed", count: 0, held: [{ id: open.held[1].id }] });
    expect((await decide(open.held[1].id, "reject")).body.state).toBe("lifted");
  });

  test("a limit that was put is met exactly, and what a person orders does not count", async () => {
    await source("few");
    const limit = await api.call("PUT", "/v1/breakers/source:few", { json: { limit: 2, windowSeconds: 60 } });
    expect(limit.body).toMatchObject({ id: "source:few", limit: 2, windowSeconds: 60, state: "closed" });
    const ips = await customers("10.8.0", 3);
    id = `at-${ips[0]}`;
    await put("suspend", { reason: "a person says so" });
    await report("few", ips.slice(0, 2));
    expect(await breaker("few")).toMatchObject({ count: 2, state: "closed" });
    await report("few", ips.slice(2));
    expect(await breaker("few")).toMatchObject({ count: 2, state: "open", held: [{ subscriber: `at-${ips[2]}` }] });
  });

  test("a limit is put back to its default by null", async () => {
    await source("back");
    const put = (name: string, limit: number | null) =>
      api.call("PUT", `/v1/breakers/${name}`, { json: { limit, windowSeconds: 3600 } });
    for (const [name, normal] of [
      ["source:back", 50],
      ["category:spam", null],
      ["base", null],
    ] as const) {
      expect((await put(name, 7)).body).toMatchObject({ limit: 7 });
      expect(await put(name, null)).toMatchObject({ status: 200, body: { limit: normal, windowSeconds: 3600 } });
      expect((await api.call("GET", `/v1/breakers/${name}`)).body.limit).toBe(normal);
    }
    expect((await api.call("PUT", "/v1/breakers/base", { json: { windowSeconds: 60 } })).status).toBe(400);
  });

  test("what does not exist has no breaker, and what is removed leaves none", async () => {
    const json = { limit: 1, windowSeconds: 60 };
    const ids = async () =>
      (await api.call("GET", "/v1/breakers?limit=1000")).body.items.map(({ id: breakerId }: Body) => breakerId);
    for (const name of ["source:bogus", "nas:bogus", "category:bogus"]) {
      for (const answer of [
        await api.call("PUT", `/v1/breakers/${name}`, { json }),
        await api.call("POST", `/v1/breakers/${name}/reset`),
      ])
        expect(answer.body, name).toMatchObject({ status: 404, code: "unknown-breaker" });
      expect(await ids()).not.toContain(name);
    }
    await source("passing");
    await api.call("PUT", "/v1/nas/passing", { json: { address: "192.0.2.77", secret: "s", vendor: "generic" } });
    for (const [name, path] of [
      ["source:passing", "/v1/sources/passing"],
      ["nas:passing", "/v1/nas/passing"],
    ] as const) {
      expect((await api.call("PUT", `/v1/breakers/${name}`, { json })).status).toBe(200);
      expect(await ids()).toContain(name);
      expect((await api.call("DELETE", path)).status).toBe(204);
      expect(await ids()).not.toContain(name);
    }
  });

  test("ids that no breaker can have are 404, and limits that none can have 400", async () => {
    const json = { limit: 1, windowSeconds: 60 };
    expect((await api.call("PUT", "/v1/breakers/nonsense", { json })).body).toMatchObject({
      status: 404,
      code: "unknown-breaker",
    });
    expect((await api.call("POST", "/v1/breakers/nonsense/reset")).body.code).toBe("unknown-breaker");
    const wrong = await api.call("PUT", "/v1/breakers/base", { json: { limit: -1, windowSeconds: 0 } });
    expect(wrong.body.errors.map((error: Body) => error.pointer).sort()).toEqual(["/limit", "/windowSeconds"]);
  });
});

test("release-all lifts what stands, for administrators only", async () => {
  const { body } = await put("suspend", { reason: "x" });
  expect((await api.call("POST", "/v1/release-all", { key: await api.keyOf("operator") })).status).toBe(403);
  const released = await api.call("POST", "/v1/release-all", { json: { reason: "a mistake" } });
  expect(released.status).toBe(202);
  expect(released.body.measures).toBeGreaterThan(0);
  expect((await api.call("GET", `/v1/measures/${body.id}`)).body.state).toBe("lifted");
  expect((await api.call("GET", "/v1/measures?state=active")).body.items).toEqual([]);
});
