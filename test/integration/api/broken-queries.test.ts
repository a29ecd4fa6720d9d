import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customerAt } from "../response/customers.ts";
import { type ApiUnderTest, type Body, startApi } from "./api-under-test.ts";
import { type Call, callsOf, expectAnswer, expectRefusal, fill } from "./hostile.ts";

let api: ApiUnderTest;
let calls: Call[] = [];
let reading: Call[] = [];
beforeAll(async () => {
  api = await startApi();
  await customerAt(api.database, "alice", "203.0.113.5", new Date(Date.now() - 3_600_000));
  await api.keyOf("viewer");
  calls = await callsOf(api);
  reading = calls.filter(({ method }) => method === "GET");
});
afterAll(() => api.stop());

const lists = () => reading.filter(({ query }) => query.some(({ name }) => name === "cursor"));
const cursorOf = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** With the start of a long one as its name. */
const named = (texts: readonly string[]) => texts.map((text) => [text.slice(0, 30), text] as const);

const strange = [
  ...["", " ", "%00", "a%00b", "%ff", "%ED%A0%80", "%F0%9F%98%80", "%25", "%5C", "'", "%22", "_", "*", "(", "a%3A*"],
  ...["0", "-1", "1e9", "1.5", "NaN", "Infinity", "1e400", "99999999999999999999", "true", "null", "[]", "1,2"],
  ...["2026-02-30T00:00:00Z", "99999-01-01T00:00:00Z", "infinity", "__proto__", "a".repeat(3000)],
];

test("every list has its cursor, and there are many", () => expect(lists().length).toBeGreaterThan(11));

test.each(named(strange))("%j in any parameter of any query is answered, or refused in form", async (_, value) => {
  for (const { name, method, path, query } of calls.filter(({ method }) => method !== "POST"))
    for (const parameter of query) {
      const answer = await api.call(method, `${fill(path)}?${parameter.name}=${value}`);
      expectAnswer(answer, `${name} ${parameter.name}=${value}`);
    }
});

test.each(["limit=1&limit=2", "limit[]=1", "limit", "__proto__=1", "toString=1", "%00=1", "%=1", "zzz=1", "&&=&"])(
  "?%s is refused by every list",
  async (query) => {
    for (const { name, path } of lists()) {
      const answer = await api.call("GET", `${fill(path)}?${query}`);
      expectRefusal(answer, `${name}?${query}`);
      expect(answer.body.code, name).toBe("invalid-query");
    }
  },
);

test("a parameter that nobody knows is refused by every call, also by those that have none", async () => {
  for (const { name, method, path } of calls) {
    const answer = await api.call(method, `${fill(path, "nothing")}?dryRun=true`, { json: {} });
    expectRefusal(answer, name);
  }
  const put = await api.call("PUT", "/v1/subscribers/dry?dryRun=true", { json: { usernames: [] } });
  expect(put.body).toMatchObject({ status: 400, code: "invalid-query", errors: [{ pointer: "/dryRun" }] });
  expect((await api.call("GET", "/v1/subscribers/dry")).status).toBe(404);
});

describe("a cursor that no page gave", () => {
  const uuid = "00000000-0000-4000-8000-000000000000";
  test.each([
    ["nonsense"],
    ["[[[["],
    [[]],
    [[1]],
    [[null]],
    [{ 0: "1", length: 1 }],
    [["0000-01-01T00:00:00.000Z", uuid]],
    [["2026-02-30T00:00:00.000Z", uuid]],
    [["9999-12-31T23:59:59.999Z", uuid]],
    [["-1"]],
    [["99999999999999999999"]],
    [["a\0b"]],
    [["\ud800"]],
  ])("%j is no fault of ours in any list", async (value) => {
    for (const { name, path } of lists()) {
      const answer = await api.call("GET", `${fill(path)}?cursor=${cursorOf(value)}`);
      expectAnswer(answer, `${name} from ${JSON.stringify(value)}`);
      if (answer.status >= 400) expect(answer.body.code, name).toMatch(/^invalid-(cursor|query)$/);
    }
  });

  test.each(["nonsense", [], [1], ["1", "2", "3"]])("%j is refused by every list", async (value) => {
    for (const { name, path } of lists())
      expect((await api.call("GET", `${fill(path)}?cursor=${cursorOf(value)}`)).body.code, name).toBe("invalid-cursor");
  });
});

test.each(["0", "-1", "1e9", "1.5", "x", "", "99999999999999999999"])(
  "limit=%s is refused by every list",
  async (limit) => {
    for (const { name, path } of lists()) {
      const { body } = await api.call("GET", `${fill(path)}?limit=${limit}`);
      expect(body, name).toMatchObject({ status: 400, code: "invalid-query", errors: [{ pointer: "/limit" }] });
    }
  },
);

describe("a time", () => {
  const places = (time: string) => {
    const text = encodeURIComponent(time);
    return [
      api.call("GET", `/v1/attribution?ip=203.0.113.5&skewSeconds=86400&at=${text}`),
      api.call("GET", `/v1/audit?from=${text}`),
      api.call("GET", `/v1/audit?to=${text}`),
      api.call("PUT", "/v1/subscribers/alice/measures/suspend", { json: { reason: "x", until: time, dryRun: true } }),
    ];
  };

  test.each([
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T23:59:60Z",
    "2026-01-01T00:00:00+99:00",
    "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+02",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-23:59",
    "99999-01-01T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    "now",
    "infinity",
    "1767225600",
    "",
  ])("%j is refused wherever a time is taken", async (time) => {
    for (const answer of await Promise.all(places(time))) {
      expectRefusal(answer, time);
      expect(answer.body.errors[0].pointer).toMatch(/^\/(at|from|to|until)$/);
      expect(answer.body.errors[0].detail).toMatch(/RFC 3339/);
    }
    const lines = await api.call("POST", "/v1/attribution", {
      body: JSON.stringify({ ip: "203.0.113.5", at: time }),
      headers: { "content-type": "application/x-ndjson" },
    });
    expect(JSON.parse(lines.text)).toMatchObject({ row: 1, code: "invalid-row" });
  });

  test.each([
    "2126-01-01T00:00:00Z",
    "2126-01-01t02:00:00.123456789+02:00",
    "2126-01-01 00:00:00-2359",
    "9999-12-31T23:59:59.999Z",
  ])("%j is taken", async (time) => {
    for (const { status } of await Promise.all(places(time))) expect(status).toBeLessThan(300);
  });
});

test.each(
  named([
    ...[
      "0",
      "01",
      "-1",
      "1e3",
      "999999999999999999",
      "9999999999999999999",
      "__proto__",
      "constructor",
      "'; drop table audit; --",
    ],
    ...["%00", "a%00b", "%0a", "%ff", "%ED%A0%80", "%F0%9F%98%80", "%20", "..%2f..", "a".repeat(254), "a".repeat(1025)],
  ]),
)("%j in the place of any id is the id of nothing", async (_, id) => {
  for (const { name, method, path } of calls.filter(({ path }) => path.includes("{"))) {
    if (method === "PUT") continue;
    const json = method === "POST" ? { json: path.endsWith("/events") ? { type: "note" } : {} } : {};
    const answer = await api.call(method, fill(path, id), json);
    expectRefusal(answer, `${name} of ${id}`);
    expect([400, 404], `${name} of ${id}`).toContain(answer.status);
  }
});

test.each(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])(
  "%s is refused where it is not taken",
  async (method) => {
    const taken = (path: string) => calls.filter((call) => call.path === path).map((call) => call.method);
    for (const path of new Set(calls.map((call) => call.path))) {
      if (taken(path).includes(method)) continue;
      const answer = await api.call(method, fill(path));
      // "/v1/subscribers/import" is of the form of a subscriber's address, too.
      if (path === "/v1/subscribers/import") continue;
      expect(answer.body, `${method} ${path}`).toMatchObject({ status: 405, code: "method-not-allowed" });
      const allowed = String(answer.headers["allow"]).split(", ");
      expect(allowed.filter((one) => one !== "HEAD").sort()).toEqual(taken(path).sort());
    }
  },
);

test("lists of pages go through everything once, whatever the limit", async () => {
  for (let number = 0; number < 7; number += 1)
    await api.call("PUT", `/v1/sources/s${number}`, { json: { kind: "monitoring", trust: number } });
  for (const limit of [1, 2, 3, 1000]) {
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body }: { body: Body } = await api.call(
        "GET",
        `/v1/sources?limit=${limit}${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...body.items.map(({ id }: Body) => id));
      cursor = body.next;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6].map((number) => `s${number}`));
  }
});
