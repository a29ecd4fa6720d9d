import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const fetched = (path: string, accept = "*/*", method = "GET") =>
  api.call(method, path, { key: null, headers: { accept } });
const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

describe("the printed address", () => {
  test.each(["GET", "HEAD"])("leads a browser to the documents (%s)", async (method) => {
    const answer = await fetched("/", browser, method);
    expect(answer.status).toBe(302);
    expect(answer.headers).toMatchObject({ location: "/docs", vary: "Accept" });
  });

  test.each(["*/*", "application/json", ""])("is a problem for who accepts %j", async (accept) => {
    expect((await fetched("/", accept)).body).toMatchObject({ status: 404, code: "not-found" });
  });

  test("is a problem for whatever else a browser might do there", async () => {
    expect((await fetched("/", browser, "POST")).body).toMatchObject({ status: 404, code: "not-found" });
    expect((await fetched("/nothing", browser)).body).toMatchObject({ status: 404, code: "not-found" });
  });
});

describe("/docs", () => {
  test("is called after Weir, and loads nothing from elsewhere", async () => {
    const page = await fetched("/docs", browser);
    expect(page.headers["content-type"]).toMatch(/^text\/html/);
    expect(page.text).toContain("<title>Weir: REST API</title>");
    const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? "");
    expect(loaded.length).toBeGreaterThan(5);
    for (const address of loaded) {
      expect(address).toMatch(/^\/docs\/static\//);
      expect((await fetched(address)).status, address).toBe(200);
    }
  });

  test("is forbidden by its own policy to load from elsewhere, or to be framed", async () => {
    for (const path of ["/docs", "/docs/static/swagger-ui-bundle.js", "/docs/json"]) {
      const policy = String((await fetched(path)).headers["content-security-policy"]);
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/https?:|\*/);
    }
  });

  test("wears our own mark, and no other's", async () => {
    const script = (await fetched("/docs/static/swagger-initializer.js")).text;
    const marks = [...script.matchAll(/data:image\/svg\+xml;base64,([\w+/=]+)/g)].map(([, data]) => data ?? "");
    const icon = (await fetched("/docs/static/theme/weir.svg")).text;
    expect(marks).toHaveLength(1);
    for (const mark of [Buffer.from(marks[0] ?? "", "base64").toString(), icon]) {
      expect(mark).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*aria-label="Weir"/);
      expect(mark).not.toMatch(/href|url\(|fastify|swagger/i);
    }
  });

  test.each([
    ["/openapi.json", /^application\/json/],
    ["/docs/json", /^application\/json/],
    ["/docs/yaml", /yaml/],
  ])("%s is known by its ETag", async (path, type) => {
    const first = await fetched(path);
    const etag = String(first.headers["etag"]);
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(first.headers["content-type"]).toMatch(type);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const again = await api.call("GET", path, { key: null, headers: { "if-none-match": known } });
      expect(again, known).toMatchObject({ status: 304, text: "", headers: { etag } });
    }
    const other = await api.call("GET", path, { key: null, headers: { "if-none-match": '"x"' } });
    expect(other).toMatchObject({ status: 200, text: first.text });
  });

  test("shows the document that /openapi.json gives", async () => {
    expect((await fetched("/docs/json")).body).toEqual((await fetched("/openapi.json")).body);
  });

  test("has nothing that is not there", async () => {
    expect((await fetched("/docs/static/nothing.js")).body).toMatchObject({ status: 404, code: "not-found" });
    for (const name of ["..%2f..%2fpackage.json", "..%5c..%5cpackage.json", "%5c..%5cx", ".git", "a%0ab"])
      expect((await fetched(`/docs/static/${name}`)).body, name).toMatchObject({ status: 404, code: "not-found" });
    const range = { range: "bytes=999999999-" };
    const beyond = await api.call("GET", "/docs/static/swagger-ui.css", { key: null, headers: range });
    expect(beyond.body).toMatchObject({ status: 400, code: "invalid-header" });
    expect(api.logged.filter((line) => JSON.parse(line).level >= 40)).toEqual([]);
  });
});
