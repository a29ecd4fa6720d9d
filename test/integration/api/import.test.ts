import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, adminKey, type Body, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
let port = 0;
beforeAll(async () => {
  api = await startApi();
  await api.app.listen({ host: "127.0.0.1", port: 0 });
  port = (api.app.server.address() as AddressInfo).port;
});
afterAll(() => api.stop());

const send = (body: string | Buffer, type: string, headers: Record<string, string> = {}) =>
  api.call("POST", "/v1/subscribers/import", { body, headers: { "content-type": type, ...headers } });

/** Over a real connection, chunk by chunk. */
function stream(body: Readable, headers: Record<string, string> = {}): Promise<{ status: number; body: Body }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: "127.0.0.1",
        port,
        path: "/v1/subscribers/import",
        method: "POST",
        headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/x-ndjson", ...headers },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }),
        );
      },
    );
    request.on("error", reject);
    body.pipe(request);
  });
}

test("CSV: rows that can be taken are stored when it answers, the others are named by row, code and detail", async () => {
  await api.call("PUT", "/v1/subscribers/owner", { json: { usernames: ["taken"] } });
  const csv = [
    "id,usernames,name,plan.downKbps,plan.upKbps,protections,password",
    "i1,i1@isp;i1b@isp,Ida,50000,10000,medical,pw-of-ida",
    "i2,taken,,,,,",
    'i3,"broken,,,,,',
    "i4,i4,,fast,1,,",
    ",i5,,,,,",
    "i6,i6,,,,,",
  ].join("\n");
  const { status, body } = await send(csv, "text/csv; charset=utf-8");
  expect(status).toBe(200);
  expect(body).toMatchObject({ accepted: 2, created: 2, replaced: 0, rejectedCount: 4 });
  expect(body.rejected.map((row: Body) => [row.row, row.code])).toEqual([
    [2, "username-taken"],
    [3, "malformed-row"],
    [4, "invalid-row"],
    [5, "invalid-row"],
  ]);
  expect((await api.call("GET", "/v1/subscribers/i1")).body).toMatchObject({
    usernames: ["i1@isp", "i1b@isp"],
    plan: { downKbps: 50_000, upKbps: 10_000 },
    protections: ["medical"],
    hasCredential: true,
  });
  expect(api.logged.join("")).not.toContain("pw-of-ida");
});

test("an import replaces as PUT does, and an omitted password stays", async () => {
  const { body } = await send('{"id":"i1","usernames":["i1@isp"]}\n', "application/x-ndjson");
  expect(body).toMatchObject({ created: 0, replaced: 1 });
  expect((await api.call("GET", "/v1/subscribers/i1")).body).toMatchObject({
    name: null,
    hasCredential: true,
    usernames: ["i1@isp"],
  });
});

test("the same id twice counts twice, and the last row stands", async () => {
  const { body } = await send(
    '{"id":"tw","usernames":["tw1"]}\n{"id":"tw","usernames":["tw2"]}\n',
    "application/x-ndjson",
  );
  expect(body).toMatchObject({ created: 1, replaced: 1, rejectedCount: 0 });
  expect((await api.call("GET", "/v1/subscribers/tw")).body.usernames).toEqual(["tw2"]);
});

test("gzip is taken by Content-Encoding; broken gzip is refused", async () => {
  const packed = gzipSync("id,usernames\ngz1,gz1\n");
  const encoding = { "content-encoding": "gzip" };
  expect((await send(packed, "text/csv", encoding)).body).toMatchObject({ accepted: 1 });
  expect((await send(packed.subarray(0, 20), "text/csv", encoding)).body).toMatchObject({
    status: 400,
    code: "invalid-compression",
  });
  expect((await send(packed, "text/csv", { "content-encoding": "br" })).body).toMatchObject({
    status: 400,
    code: "invalid-compression",
  });
});

test.each([
  ["", "text/csv", 400, "malformed-csv"],
  ["id,colour\n", "text/csv", 400, "unknown-columns"],
  ["id\n", "text/csv", 400, "missing-columns"],
  ["id,usernames\n", "text/plain", 415, "unsupported-content-type"],
  ["[]", "application/json", 415, "unsupported-content-type"],
])("%j as %s is refused with %i %s", async (body, type, status, code) => {
  expect((await send(body, type)).body).toMatchObject({ status, code });
});

test("nobody without the right gets to send a body", async () => {
  const answer = await stream(Readable.from(["x"]), { authorization: "Bearer nobody" });
  expect(answer.status).toBe(401);
});

test("a refusal of a long file is heard, not lost in a broken connection", async () => {
  const lines = Readable.from(
    (function* () {
      yield "id,colour\n";
      for (let n = 0; n < 200; n += 1) yield "x,y\n".repeat(10_000);
    })(),
  );
  const answer = await stream(lines, { "content-type": "text/csv" });
  expect(answer).toMatchObject({ status: 400, body: { code: "unknown-columns" } });
});

test("a long file is stored while it arrives, and what the server keeps of it stays small", async () => {
  const rows = 60_000;
  const padding = "p".repeat(180);
  let highest = 0;
  const lines = Readable.from(
    (function* () {
      for (let n = 0; n < rows; n += 1) {
        if (n % 1000 === 0) highest = Math.max(highest, process.memoryUsage().rss);
        yield `{"id":"big${n}","usernames":["big${n}@isp"],"name":"${padding}"}\n`;
      }
    })(),
  );
  const before = process.memoryUsage().rss;
  const { status, body } = await stream(lines);
  expect(status).toBe(200);
  expect(body).toMatchObject({ accepted: rows, created: rows, rejectedCount: 0 });
  // 16 MB were sent; what is kept of them at any time is a batch and a few chunks (the client is in this process, too).
  expect(highest - before).toBeLessThan(120 * 1024 * 1024);
}, 120_000);

test("an import whose sender goes away keeps the batches before, and the server goes on", async () => {
  const body = Readable.from(
    (async function* () {
      for (let n = 0; n < 3000; n += 1) yield `{"id":"cut${n}","usernames":["cut${n}"]}\n`;
      throw new Error("the sender goes away");
    })(),
  );
  const gone = new Promise((resolve) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      path: "/v1/subscribers/import",
      method: "POST",
      headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/x-ndjson" },
    });
    request.on("error", resolve);
    body.on("error", () => request.destroy(new Error("gone")));
    body.pipe(request);
  });
  await gone;
  await expect.poll(async () => (await api.call("GET", "/v1/subscribers/cut0")).status).toBe(200);
  expect((await api.call("GET", "/livez")).status).toBe(200);
});
