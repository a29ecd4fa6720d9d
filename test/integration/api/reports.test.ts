import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasSamples, sample } from "../../unit/intake/reports.ts";
import { customerAt, session, subscriber } from "../response/customers.ts";
import { type ApiUnderTest, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
  await api.call("PUT", "/v1/sources/feed", { json: { kind: "third-party", trust: 90 } });
  await api.call("PUT", "/v1/sources/other", { json: { kind: "third-party", trust: 90 } });
  await api.call("PUT", "/v1/sources/ids", { json: { kind: "monitoring", trust: 95 } });
});
afterAll(() => api.stop());

const justNow = () => new Date(Date.now() - 1000).toISOString();
const anHourAgo = () => new Date(Date.now() - 3_600_000);
const post = (query: string, type: string, body: string | Buffer, headers: Record<string, string> = {}, key?: string) =>
  api.call("POST", `/v1/reports?${query}`, {
    body,
    headers: { "content-type": type, ...headers },
    ...(key === undefined ? {} : { key }),
  });
const list = (source: string, rows: readonly unknown[]) =>
  post(`source=${source}`, "application/json", JSON.stringify(rows));
const bot = (ip: string, more: object = {}) => ({ ip, at: justNow(), category: "botnet", ...more });

describe("POST /v1/reports", () => {
  test("a native list keeps good rows and names the others by number and code", async () => {
    await customerAt(api.database, "nina", "203.0.113.1", anHourAgo());
    const answer = await list("feed", [
      { ip: "x", at: justNow(), category: "botnet" },
      bot("203.0.113.1", { port: 4711 }),
      { ip: "203.0.113.1", category: "botnet" },
      bot("203.0.113.1", { at: "2026-01-01T00:00:00" }),
      bot("127.0.0.1"),
      bot("198.51.100.200"),
      5,
    ]);
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      accepted: 2,
      duplicates: 0,
      rejected: [
        { row: 1, code: "invalid-address", detail: expect.any(String) },
        { row: 3, code: "missing-field", detail: expect.any(String) },
        { row: 4, code: "time-without-zone", detail: expect.any(String) },
        { row: 5, code: "bogon-address", detail: expect.any(String) },
        { row: 7, code: "malformed-row", detail: expect.any(String) },
      ],
      verdicts: { exact: 1, ambiguous: 0, none: 1 },
      notExact: [
        {
          verdict: "none",
          why: "nobody-held-it",
          reason: "nobody held the address at that time",
          count: 1,
          rows: [6],
        },
      ],
      cases: [expect.any(String)],
    });
    const stored = await api.call("GET", `/v1/reports/${answer.body.id}`);
    expect(stored.body).toMatchObject({
      ...answer.body,
      source: "feed",
      format: "native",
      byteCount: expect.any(Number),
    });
  });

  test("a CSV with a broken row keeps the others and names row and code", async () => {
    await customerAt(api.database, "csv-1", "203.0.113.11", anHourAgo());
    await customerAt(api.database, "csv-3", "203.0.113.13", anHourAgo());
    const at = justNow().slice(0, 19).replace("T", " ");
    const csv = [
      '"timestamp","protocol","src_ip","src_port","family"',
      `"${at}","tcp","203.0.113.11","1024","mirai"`,
      `"${at}","tcp","203.0.113.12"`,
      `"${at}","tcp","203.0.113.13","1025","mirai"`,
      `"${at}","tcp","203.0.113.999","1025","mirai"`,
    ].join("\n");
    const { status, body } = await post("source=feed&type=event4_sinkhole", "text/csv", csv);
    expect(status).toBe(202);
    expect(body).toMatchObject({
      accepted: 2,
      rejected: [
        { row: 2, code: "malformed-row" },
        { row: 4, code: "invalid-address" },
      ],
    });
    expect(body.cases).toHaveLength(2);
  });

  test.skipIf(!hasSamples).each([
    ["event4_sinkhole", 3],
    ["event4_sinkhole_http", 5],
    ["event4_honeypot_brute_force", 6],
  ])("the real %s is taken by ?type=, by its file's name, and gzipped", async (name, rows) => {
    const csv = sample(`shadowserver/${name}.csv`);
    const byType = await post(`source=feed&type=${name}`, "text/csv; charset=utf-8", csv);
    expect(byType.body).toMatchObject({ accepted: rows, rejected: [] });
    const disposition = { "content-disposition": `attachment; filename="2026-11-20-${name}-isp-asn.csv"` };
    expect((await post("source=feed", "text/csv", csv, disposition)).body).toMatchObject({
      accepted: 0,
      duplicates: rows,
    });
    const packed = { ...disposition, "content-encoding": "gzip" };
    expect((await post("source=other", "text/csv", gzipSync(csv), packed)).body).toMatchObject({ accepted: rows });
  });

  test("a gzipped CSV without a name is taken by ?type=, and a type that there is none of is told as such", async () => {
    const at = justNow().slice(0, 19).replace("T", " ");
    const body = gzipSync(`"timestamp","src_ip","src_port"\n"${at}","203.0.113.31","1024"\n`);
    expect(await post("source=feed&type=event4_sinkhole", "application/gzip", body)).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    });
    expect((await post("source=feed&type=event4_foo", "application/gzip", body)).body).toMatchObject({
      status: 400,
      code: "unknown-report-type",
    });
  });

  test
    .skipIf(!hasSamples)
    .each([
      "connection-infected-host",
      "connection-login-attack",
      "infrastructure-botnet",
      "messaging-spam",
      "vulnerability-open-service",
    ])("the real XARF v4 %s is taken", async (name) => {
    const { status, body } = await post("source=feed", "application/json", sample(`xarf/samples/v4-${name}.json`));
    expect({ status, body }).toMatchObject({ status: 202, body: { accepted: 1, rejected: [] } });
  });

  test("Suricata's NDJSON is taken from the provider's own monitoring only, gzipped too", async () => {
    await customerAt(api.database, "sura", "203.0.113.21", anHourAgo());
    const alert = {
      signature: "ET MALWARE Zeus CnC",
      category: "Malware Command and Control Activity Detected",
      severity: 1,
    };
    const event = {
      timestamp: justNow(),
      event_type: "alert",
      src_ip: "203.0.113.21",
      src_port: 5,
      dest_ip: "192.0.2.1",
      dest_port: 80,
      proto: "TCP",
      alert,
    };
    const lines = `${JSON.stringify(event)}\n{"broken\n${JSON.stringify({ ...event, event_type: "dns" })}\n`;
    const answer = await post("source=ids", "application/x-ndjson", gzipSync(lines), { "content-encoding": "gzip" });
    expect(answer.body).toMatchObject({
      accepted: 1,
      rejected: [
        { row: 2, code: "malformed-row" },
        { row: 3, code: "not-an-alert" },
      ],
      cases: [expect.any(String)],
    });
    expect((await post("source=feed", "application/x-ndjson", lines)).body).toMatchObject({
      status: 422,
      code: "wrong-source-kind",
    });
  });

  test.each([
    ["no source", "", "application/json", "[]", 400, "invalid-query"],
    ["an unknown source", "source=nobody", "application/json", "[]", 404, "unknown-source"],
    ["an unknown parameter", "source=feed&colour=red", "application/json", "[]", 400, "invalid-query"],
    ["no JSON", "source=feed", "application/json", "{", 400, "malformed-json"],
    ["another shape", "source=feed", "application/json", '{"a":1}', 400, "unknown-shape"],
    ["nothing", "source=feed", "application/json", "", 400, "empty-report"],
    ["a CSV of no type", "source=feed", "text/csv", "timestamp,src_ip\n", 400, "report-type-missing"],
    ["a CSV of an unknown type", "source=feed&type=xyz", "text/csv", "timestamp,src_ip\n", 400, "unknown-report-type"],
    ["a CSV that lacks columns", "source=feed&type=event4_sinkhole", "text/csv", "a,b\n1,2\n", 400, "missing-columns"],
    ["a type that is no report's", "source=feed", "image/png", "x", 415, "unsupported-content-type"],
  ])("refuses %s", async (_name, query, type, body, status, code) => {
    const answer = await post(query, type, body);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.body).toMatchObject({ status, code, type: `urn:weir:problem:${code}`, title: expect.any(String) });
    expect(answer.status).toBe(status);
  });

  test("broken gzip and another encoding are refused", async () => {
    const broken = gzipSync("[]").subarray(0, 12);
    for (const encoding of ["gzip", "br"]) {
      const answer = await post("source=feed", "application/json", broken, { "content-encoding": encoding });
      expect(answer.body).toMatchObject({ status: 400, code: "invalid-compression" });
    }
  });

  test("an ingest key speaks for its source: without ?source=, and for no other", async () => {
    const key = await api.keyOf("ingest", "feed");
    const own = await post("", "application/json", "[]", {}, key);
    expect(own.status).toBe(202);
    expect((await post("source=feed", "application/json", "[]", {}, key)).status).toBe(202);
    expect((await post("source=other", "application/json", "[]", {}, key)).body).toMatchObject({
      status: 403,
      code: "forbidden",
    });
    expect((await api.call("GET", `/v1/reports/${own.body.id}`, { key })).status).toBe(200);
    const foreign = await list("other", []);
    expect((await api.call("GET", `/v1/reports/${foreign.body.id}`, { key })).body.code).toBe("unknown-report");
    expect((await api.call("GET", "/v1/cases", { key })).status).toBe(403);
  });

  test("an Idempotency-Key makes the same report one report", async () => {
    const headers = { "idempotency-key": "report-1" };
    const body = JSON.stringify([bot("198.51.100.77")]);
    const [one, two] = await Promise.all([1, 2].map(() => post("source=feed", "application/json", body, headers)));
    expect(two?.body).toEqual(one?.body);
    expect(one?.body.accepted).toBe(1);
    const other = await post("source=feed", "application/json", "[]", headers);
    expect(other.body).toMatchObject({ status: 422, code: "idempotency-key-reused" });
  });
});

describe("GET /v1/observations", () => {
  test("shows those of a subscriber and of a case, page by page", async () => {
    await customerAt(api.database, "many", "203.0.113.31", anHourAgo());
    const answer = await list(
      "feed",
      [1, 2, 3].map((port) => bot("203.0.113.31", { port })),
    );
    const [caseId] = answer.body.cases;
    const first = (await api.call("GET", "/v1/observations?subscriber=many&limit=2")).body;
    const second = (await api.call("GET", `/v1/observations?case=${caseId}&limit=2&cursor=${first.next}`)).body;
    const seen = [...first.items, ...second.items];
    expect(second.next).toBeNull();
    expect(new Set(seen.map(({ port }: { port: number }) => port))).toEqual(new Set([1, 2, 3]));
    for (const one of seen)
      expect(one).toMatchObject({
        report: answer.body.id,
        source: "feed",
        verdict: "exact",
        subscriber: "many",
        case: caseId,
      });
  });
});

test("a protected customer's observation opens a case, and no measure", async () => {
  await customerAt(api.database, "ward", "203.0.113.41", anHourAgo(), { protections: ["medical"] });
  const { body } = await list("feed", [bot("203.0.113.41")]);
  expect(body).toMatchObject({ accepted: 1, rejected: [], cases: [expect.any(String)] });
  const found = await api.call("GET", `/v1/cases/${body.cases[0]}`);
  expect(found.body).toMatchObject({ subscriber: "ward", state: "open", withheld: "protected-line", measures: [] });
});

test("an address that several held is a case without a subscriber and without a measure", async () => {
  for (const nas of ["bng1", "bng2"]) {
    const id = await subscriber(api.database, `on-${nas}`);
    await session(api.database, { subscriber: id, prefix: "203.0.113.51/32", from: anHourAgo(), nas });
  }
  const { body } = await list("feed", [bot("203.0.113.51")]);
  expect(body.accepted).toBe(1);
  const found = await api.call("GET", `/v1/cases/${body.cases[0]}`);
  expect(found.body).toMatchObject({ subscriber: null, measures: [], observations: [{ verdict: "ambiguous" }] });
});
