import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customerAt } from "../response/customers.ts";
import { type ApiUnderTest, adminKey, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
let viewer = "";
let ingest = "";
let foreignReport = "";
const secret = "the-secret-of-the-nas";

beforeAll(async () => {
  api = await startApi();
  for (const id of ["feed", "other"])
    await api.call("PUT", `/v1/sources/${id}`, { json: { kind: "third-party", trust: 90 } });
  await api.call("PUT", "/v1/nas/bng", { json: { address: "192.0.2.1", secret, vendor: "generic" } });
  await api.call("PUT", "/v1/subscribers/ann", {
    json: { usernames: ["ann"], credential: { password: "hunter2-of-ann" } },
  });
  viewer = await api.keyOf("viewer");
  ingest = await api.keyOf("ingest", "feed");
  foreignReport = (await api.call("POST", "/v1/reports?source=other", { json: [] })).body.id;
});
afterAll(() => api.stop());

describe("with the key of a viewer", () => {
  test.each(["/v1/keys", "/v1/keys/", "/v1/%6beys", "/v1/audit?limit=1", "/v1/audit/?limit=1"])(
    "%s stays shut",
    async (path) => {
      for (const method of ["GET", "HEAD"]) expect((await api.call(method, path, { key: viewer })).status).toBe(403);
    },
  );

  test.each(["//v1/keys", "/V1/keys", "/v1//keys", "/v1/keys%2f", "/v1/keys;a=b", "/v1/./keys%00"])(
    "%s is no way round",
    async (path) => {
      const { status, text } = await api.call("GET", path, { key: viewer });
      expect([400, 403, 404]).toContain(status);
      expect(text).not.toContain('"items"');
    },
  );

  test.each(["x-http-method-override", "x-method-override", "x-http-method"])(
    "%s changes no method",
    async (header) => {
      const json = { usernames: ["mallory"] };
      const answer = await api.call("GET", "/v1/subscribers/ann", { key: viewer, headers: { [header]: "DELETE" } });
      expect(answer.status).toBe(200);
      expect(
        (await api.call("POST", "/v1/subscribers/ann", { key: viewer, json, headers: { [header]: "PUT" } })).status,
      ).toBe(405);
      expect((await api.call("GET", "/v1/subscribers/ann")).body.usernames).toEqual(["ann"]);
    },
  );

  test.each([
    { headers: { cookie: `key=${adminKey}` } },
    { headers: { "x-api-key": adminKey } },
    { headers: { authorization: `Basic ${Buffer.from(`admin:${adminKey}`).toString("base64")}` } },
    { headers: { authorization: `Bearer ${adminKey} x` } },
    { headers: { authorization: `Bearer "${adminKey}"` } },
    { headers: { authorization: `Bearer ${adminKey.slice(0, -1)}` } },
    { headers: { authorization: "Bearer undefined" } },
    { headers: { authorization: `Bearer ${"a".repeat(600)}` } },
  ])("no other place and no other form of a key counts: %j", async ({ headers }) => {
    expect((await api.call("GET", "/v1/keys", { key: null, headers })).body).toMatchObject({ code: "unauthenticated" });
  });

  test("a key in the address is no key, and is refused", async () => {
    expect((await api.call("GET", `/v1/keys?key=${adminKey}`, { key: null })).status).toBe(401);
    expect((await api.call("GET", `/v1/nas?access_token=${adminKey}`, { key: viewer })).body.code).toBe(
      "invalid-query",
    );
  });

  test("no secret is in anything that can be read", async () => {
    const lists = [
      "nas",
      "nas/bng",
      "subscribers",
      "subscribers/ann",
      "sources",
      "sessions",
      "cases",
      "measures",
      "jobs",
    ];
    for (const path of [...lists, "enforcements", "observations", "breakers"]) {
      const { status, text } = await api.call("GET", `/v1/${path}`, { key: viewer });
      expect(status, path).toBe(200);
      expect(text, path).not.toMatch(/the-secret-of-the-nas|hunter2|sealed|sha256"/);
    }
  });
});

describe("with the key of a source", () => {
  test("nobody else's report is there, any more than one that there is not", async () => {
    const foreign = await api.call("GET", `/v1/reports/${foreignReport}`, { key: ingest });
    const none = await api.call("GET", "/v1/reports/00000000-0000-4000-8000-000000000000", { key: ingest });
    const shape = ({ body }: typeof none) => ({ ...body, detail: "" });
    expect(foreign.status).toBe(404);
    expect(shape(foreign)).toEqual(shape(none));
  });

  test("whether another source exists cannot be found out", async () => {
    const ask = async (source: string) =>
      (await api.call("POST", `/v1/reports?source=${source}`, { key: ingest, json: [] })).body;
    expect(await ask("other")).toEqual(await ask("nobody"));
    expect(await ask("other")).toMatchObject({ status: 403, code: "forbidden" });
  });

  test("another key's answer is not given, whatever Idempotency-Key is guessed", async () => {
    const headers = { "idempotency-key": "nightly" };
    const path = "/v1/reports?source=other";
    const own = await api.call("POST", path, { json: [], headers });
    expect(own.status).toBe(202);
    const guess = await api.call("POST", path, { key: ingest, json: [], headers });
    expect(guess.body).toMatchObject({ status: 403, code: "forbidden" });
    expect(guess.text).not.toContain(own.body.id);
  });

  test("nobody is held back beyond what the source may say: not by a claim of another category", async () => {
    await api.call("PUT", "/v1/sources/feed", { json: { kind: "third-party", trust: 90, categories: ["spam"] } });
    await customerAt(api.database, "victim", "203.0.113.9", new Date(Date.now() - 3_600_000));
    const claim = { ip: "203.0.113.9", at: new Date(Date.now() - 1000).toISOString(), category: "botnet" };
    const { body } = await api.call("POST", "/v1/reports", { key: ingest, json: [claim] });
    expect(body).toMatchObject({ accepted: 0, rejected: [{ row: 1, code: "category-not-allowed" }], cases: [] });
    expect((await api.call("GET", "/v1/measures?subscriber=victim")).body.items).toEqual([]);
  });

  test("a bomb is refused before it goes off", async () => {
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024, " "));
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const { body } = await api.call("POST", "/v1/reports", { key: ingest, body: bomb, headers });
    expect(body).toMatchObject({ status: 413, code: "body-too-large" });
  });

  test("a key that was revoked is nobody's, in the middle of everything", async () => {
    const made = (await api.call("POST", "/v1/keys", { json: { role: "ingest", source: "feed" } })).body;
    const send = () =>
      api.call("POST", "/v1/reports", { key: made.key, json: [], headers: { "idempotency-key": "once" } });
    expect((await send()).status).toBe(202);
    await api.call("DELETE", `/v1/keys/${made.id}`);
    expect((await send()).body).toMatchObject({ status: 401, code: "unauthenticated" });
  });
});
