import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { octetsText } from "../../../src/radius/octets-text.ts";
import { customerAt, session } from "../response/customers.ts";
import { type ApiUnderTest, type Body, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
let sessionId = "";
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

beforeAll(async () => {
  api = await startApi();
  sessionId = await customerAt(api.database, "alice", "203.0.113.5", minutesAgo(60));
  await session(api.database, {
    subscriber: "alice",
    prefix: "203.0.113.6/32",
    from: minutesAgo(90),
    to: minutesAgo(70),
  });
  await api.database.query("update session set ipv4 = '203.0.113.5' where id = $1", [sessionId]);
});
afterAll(() => api.stop());

describe("GET /v1/attribution", () => {
  const ask = (query: string) => api.call("GET", `/v1/attribution?${query}`);

  test("names who held the address, and why", async () => {
    expect((await ask("ip=203.0.113.5")).body).toEqual({
      verdict: "exact",
      subscriber: "alice",
      session: sessionId,
      candidates: [{ subscriber: "alice", session: sessionId, from: expect.any(String), to: null }],
      reason: expect.stringContaining("alice"),
    });
  });

  test("asks for the time: nobody before, somebody then, in any zone", async () => {
    const at = (time: string) =>
      ask(`ip=203.0.113.6&port=80&protocol=tcp&skewSeconds=0&at=${encodeURIComponent(time)}`);
    expect((await at(minutesAgo(80).toISOString())).body.verdict).toBe("exact");
    const eastern = new Date(minutesAgo(80).getTime() + 7_200_000).toISOString().replace("Z", "+02:00");
    expect((await at(eastern)).body.verdict).toBe("exact");
    expect((await at(minutesAgo(60).toISOString())).body).toMatchObject({
      verdict: "none",
      subscriber: null,
      candidates: [],
    });
  });

  test("an IPv4 address in IPv6 clothes is the same address", async () => {
    expect((await ask("ip=::ffff:203.0.113.5")).body.verdict).toBe("exact");
  });

  test.each([
    ["", "/ip"],
    ["ip=nonsense", "/ip"],
    ["ip=203.0.113.5&port=65536", "/port"],
    ["ip=203.0.113.5&at=yesterday", "/at"],
    ["ip=203.0.113.5&at=2026-11-01T00:00:00", "/at"],
    ["ip=203.0.113.5&skewSeconds=-1", "/skewSeconds"],
    ["ip=203.0.113.5&colour=red", "/colour"],
  ])("?%s is refused at %s", async (query, pointer) => {
    const { status, body } = await ask(query);
    expect({ status, code: body.code }).toEqual({ status: 400, code: "invalid-query" });
    expect(body.errors.map((error: Body) => error.pointer)).toContain(pointer);
  });

  test("POST answers many questions, line by line, in their order", async () => {
    const lines = [
      { ip: "203.0.113.5" },
      { ip: "203.0.113.6", at: minutesAgo(80).toISOString(), port: 80, protocol: "tcp", skewSeconds: 0 },
      { ip: "198.51.100.1" },
      { ip: "x" },
    ].map((line) => JSON.stringify(line));
    const answer = await api.call("POST", "/v1/attribution", {
      body: `${lines.join("\n")}\nnonsense\n{"ip":"203.0.113.5","ip":"198.51.100.1"}`,
      headers: { "content-type": "application/x-ndjson" },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toContain("application/x-ndjson");
    expect(
      answer.text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { row: 1, verdict: "exact", subscriber: "alice" },
      { row: 2, verdict: "exact", subscriber: "alice" },
      { row: 3, verdict: "none" },
      { row: 4, code: "invalid-row" },
      { row: 5, code: "malformed-row" },
      { row: 6, code: "malformed-row", detail: "names a field twice" },
    ]);
  });

  test("1,200 lines are answered as 1,200 lines", async () => {
    const body = Array.from({ length: 1200 }, () => '{"ip":"203.0.113.5"}').join("\n");
    const answer = await api.call("POST", "/v1/attribution", {
      body,
      headers: { "content-type": "application/x-ndjson" },
    });
    const rows = answer.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).row);
    expect(rows).toEqual(Array.from({ length: 1200 }, (_, index) => index + 1));
  });
});

describe("GET /v1/sessions", () => {
  const ids = async (query: string) =>
    (await api.call("GET", `/v1/sessions?${query}`)).body.items.map((one: Body) => one.id);

  test("shows every field that is promised", async () => {
    const { body } = await api.call("GET", `/v1/sessions/${sessionId}`);
    expect(body).toEqual({
      id: sessionId,
      nas: "bng1",
      acctSessionId: expect.any(String),
      username: "alice",
      subscriber: "alice",
      ipv4: "203.0.113.5",
      ipv6: [],
      startedAt: expect.any(String),
      stoppedAt: null,
      lastSeenAt: expect.any(String),
      inputOctets: 0,
      outputOctets: 0,
      terminateCause: null,
      profile: { desired: null, applied: null, observed: null, state: "in-force" },
    });
  });

  test("finds a username that is written like hex as its operator wrote it, and as it is shown", async () => {
    const id = await session(api.database, { subscriber: null, prefix: "203.0.113.77/32", from: minutesAgo(5) });
    const shown = octetsText(Buffer.from("0x41424344"));
    await api.database.query("update session set username = $2 where id = $1", [id, shown]);
    for (const username of ["0x41424344", shown])
      expect((await api.call("GET", `/v1/sessions?username=${username}`)).body.items).toMatchObject([{ id }]);
    expect((await api.call("GET", "/v1/sessions?username=ABCD")).body.items).toEqual([]);
    await api.database.query("delete from session where id = $1", [id]);
  });

  test("is narrowed by state, subscriber, username, NAS and address", async () => {
    expect(await ids("state=open&subscriber=alice")).toEqual([sessionId]);
    expect(await ids("state=closed&subscriber=alice")).toHaveLength(1);
    expect(await ids("username=alice&nas=bng1")).toHaveLength(2);
    expect(await ids("ip=203.0.113.5")).toEqual([sessionId]);
    expect(await ids("nas=elsewhere")).toEqual([]);
    expect(await ids("subscriber=nobody")).toEqual([]);
  });

  test.each(["state=strange", "ip=x", "limit=0", "cursor=nonsense", "colour=red"])("?%s is refused", async (query) => {
    expect((await api.call("GET", `/v1/sessions?${query}`)).status).toBe(400);
  });

  test.each(["4711", "nonsense"])("there is no session %s", async (id) => {
    expect((await api.call("GET", `/v1/sessions/${id}`)).body).toMatchObject({ status: 404, code: "unknown-session" });
  });
});

describe("sources", () => {
  test("are put, replaced, read and listed", async () => {
    const put = (json: object) => api.call("PUT", "/v1/sources/cert", { json });
    const full = { kind: "third-party", trust: 70, categories: ["botnet"], maxObservationsPerHour: 10 };
    expect(await put(full)).toMatchObject({ status: 201, body: { id: "cert", ...full } });
    expect(await put({ kind: "monitoring", trust: 100 })).toMatchObject({ status: 200 });
    expect((await api.call("GET", "/v1/sources/cert")).body).toEqual({ id: "cert", kind: "monitoring", trust: 100 });
    expect((await api.call("GET", "/v1/sources")).body.items).toContainEqual({
      id: "cert",
      kind: "monitoring",
      trust: 100,
    });
    expect((await api.call("GET", "/v1/sources/nobody")).body).toMatchObject({ status: 404, code: "unknown-source" });
  });

  test.each([
    [
      "sources/again",
      "source:again",
      { kind: "third-party", trust: 70, categories: ["botnet"], mail: { from: ["a@b"] } },
      { trust: 71 },
    ],
    [
      "subscribers/again",
      "subscriber:again",
      { usernames: ["a", "b"], plan: { downKbps: 1, upKbps: 2 } },
      { name: "x" },
    ],
    ["nas/again", "nas:again", { address: "192.0.2.77", vendor: "generic" }, { coaPort: 5 }],
  ])("%s that is put unchanged is not audited again", async (thing, subject, json, change) => {
    const put = (more: object) => api.call("PUT", `/v1/${thing}`, { json: { ...json, ...more } });
    const entries = async () => (await api.call("GET", `/v1/audit?subject=${subject}`)).body.items.length;
    await put(thing.startsWith("nas/") ? { secret: "0123456789abcdef" } : {});
    await put({});
    expect(await entries()).toBe(1);
    await put(change);
    expect(await entries()).toBe(2);
  });

  test.each([
    [{ trust: 50 }, "/kind"],
    [{ kind: "friend", trust: 50 }, "/kind"],
    [{ kind: "third-party" }, "/trust"],
    [{ kind: "third-party", trust: 101 }, "/trust"],
    [{ kind: "third-party", trust: 50, maxObservationsPerHour: 0 }, "/maxObservationsPerHour"],
    [{ kind: "third-party", trust: 50, colour: "red" }, "/colour"],
  ])("%j is refused at %s", async (json, pointer) => {
    const { body } = await api.call("PUT", "/v1/sources/wrong", { json });
    expect(body).toMatchObject({ status: 400, code: "invalid-body", errors: [{ pointer }] });
  });

  test("a category that there is not is refused", async () => {
    const json = { kind: "third-party", trust: 50, categories: ["rudeness"] };
    expect((await api.call("PUT", "/v1/sources/wrong", { json })).body).toMatchObject({
      status: 400,
      code: "unknown-category",
    });
  });
});

test("a part of the path that is longer than any id is refused like anything else, and not echoed", async () => {
  const { body, text, headers } = await api.call("GET", `/v1/subscribers/${"a".repeat(1500)}`);
  expect(body).toMatchObject({ status: 400, code: "invalid-path" });
  expect(headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(text).not.toContain("aaaa");
});

test("an address of the provider's own is attributed to nobody, alone and in bulk", async () => {
  const one = await api.call("GET", "/v1/attribution?ip=203.0.113.200");
  expect(one.body).toMatchObject({
    verdict: "ambiguous",
    subscriber: null,
    reason: expect.stringContaining("own addresses"),
  });
  const many = await api.call("POST", "/v1/attribution", {
    body: '{"ip":"2001:db8:53::1"}\n',
    headers: { "content-type": "application/x-ndjson" },
  });
  expect(JSON.parse(many.text)).toMatchObject({ row: 1, verdict: "ambiguous" });
});

describe("passwords", () => {
  const post = (what: string, key: string, id = "pat") =>
    api.call("POST", `/v1/subscribers/${id}/password/${what}`, { key });

  test("the helpdesk is told a regenerated one once, and the audit knows who", async () => {
    const key = await api.keyOf("helpdesk");
    await api.call("PUT", "/v1/subscribers/pat", { json: { usernames: ["pat"], credential: { password: "old" } } });
    expect((await post("reveal", key)).body).toMatchObject({ status: 409, code: "no-password-waiting" });
    expect((await post("regenerate", key)).status).toBe(200);
    const { body } = await post("reveal", key);
    expect(body).toEqual({ password: expect.stringMatching(/^\S{16,}$/) });
    expect((await post("reveal", key)).body).toMatchObject({ status: 409, code: "already-revealed" });
    const audit = await api.call("GET", "/v1/audit?subject=subscriber:pat&action=password.reveal");
    expect(audit.body.items).toHaveLength(1);
    expect(audit.text).not.toContain(body.password);
    expect(api.logged.join("")).not.toContain(body.password);
  });

  test("an Idempotency-Key does not make it be told again", async () => {
    await api.call("PUT", "/v1/subscribers/pia", { json: { usernames: ["pia"], credential: { password: "old" } } });
    await post("regenerate", await api.keyOf("helpdesk"), "pia");
    const options = { key: await api.keyOf("helpdesk"), headers: { "idempotency-key": "tell-pia" } };
    const reveal = () => api.call("POST", "/v1/subscribers/pia/password/reveal", options);
    const { body } = await reveal();
    expect(body).toEqual({ password: expect.any(String) });
    const again = await reveal();
    expect(again.body).toMatchObject({ status: 409, code: "already-revealed" });
    expect(again.text).not.toContain(body.password);
  });

  test("nobody else is told, and nobody of nobody", async () => {
    for (const role of ["viewer", "operator"] as const)
      expect((await post("reveal", await api.keyOf(role))).body.code).toBe("forbidden");
    expect((await post("reveal", await api.keyOf("helpdesk"), "nobody")).body.code).toBe("unknown-subscriber");
  });
});

test.each(["/v1/subscribers/%ff", "/v1/cases/%", `/v1/subscribers/${"x".repeat(2000)}`, "/v1/nothing", "//"])(
  "%s is a problem like any other",
  async (path) => {
    const answer = await api.call("GET", path);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect([400, 404]).toContain(answer.body.status);
    expect(answer.body).toMatchObject({ status: answer.status, code: expect.stringMatching(/^[a-z-]+$/) });
  },
);

describe("without a key", () => {
  test.each(["/livez", "/readyz", "/metrics", "/openapi.json", "/docs"])("%s answers", async (path) => {
    expect((await api.call("GET", path, { key: null })).status).toBeLessThan(303);
  });

  test("not ready is 503", async () => {
    api.readiness.database = false;
    expect((await api.call("GET", "/readyz", { key: null })).status).toBe(503);
    api.readiness.database = true;
    expect((await api.call("GET", "/readyz", { key: null })).body).toMatchObject({ status: "ok" });
  });

  test("the OpenAPI document declares the Idempotency-Key of each change, and the source of a report", async () => {
    const { paths } = (await api.call("GET", "/openapi.json", { key: null })).body;
    const header = expect.objectContaining({ in: "header", name: "Idempotency-Key", required: false });
    for (const operation of [paths["/v1/nas/{id}"].put, paths["/v1/reports"].post, paths["/v1/nas/{id}"].delete])
      expect(operation.parameters).toContainEqual(header);
    expect(paths["/v1/nas/{id}"].get.parameters).not.toContainEqual(header);
    const source = expect.objectContaining({ in: "query", name: "source", required: true });
    const type = expect.objectContaining({ in: "query", name: "type", required: false });
    expect(paths["/v1/reports"].post.parameters).toEqual(expect.arrayContaining([source, type]));
  });

  test("the OpenAPI document knows every call that is due", async () => {
    const { paths } = (await api.call("GET", "/openapi.json", { key: null })).body;
    const known = Object.entries<object>(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(known).toEqual(
      expect.arrayContaining([
        "PUT /v1/nas/{id}",
        "PUT /v1/subscribers/{id}",
        "POST /v1/subscribers/import",
        "GET /v1/sessions",
        "GET /v1/attribution",
        "POST /v1/attribution",
        "PUT /v1/sources/{id}",
        "POST /v1/reports",
        "GET /v1/reports/{id}",
        "GET /v1/observations",
        "GET /v1/cases",
        "GET /v1/cases/{id}",
        "POST /v1/cases/{id}/events",
        "GET /v1/cases/{id}/explain",
        "PUT /v1/subscribers/{id}/measures/{kind}",
        "DELETE /v1/subscribers/{id}/measures/{kind}",
        "POST /v1/measures/{id}/approve",
        "POST /v1/measures/{id}/reject",
        "GET /v1/measures",
        "GET /v1/enforcements",
        "POST /v1/subscribers/{id}/password/reveal",
        "POST /v1/subscribers/{id}/password/regenerate",
        "GET /v1/jobs",
        "POST /v1/jobs/{name}/run",
        "GET /v1/breakers",
        "PUT /v1/breakers/{id}",
        "POST /v1/breakers/{id}/reset",
        "POST /v1/release-all",
        "GET /v1/audit",
        "GET /v1/events",
        "GET /v1/keys",
        "POST /v1/keys",
      ]),
    );
  });
});
