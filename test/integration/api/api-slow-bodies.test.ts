import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, adminKey, startApi } from "./api-under-test.ts";

const KIB = 1024;
let api: ApiUnderTest;
let port = 0;
let feedKey = "";
const open: Socket[] = [];
beforeAll(async () => {
  api = await startApi({
    bodyRules: {
      budget: {
        smallOctets: 4 * KIB,
        small: { octets: 64 * KIB, octetsPerKey: 32 * KIB, bodiesPerKey: 100 },
        large: { octets: 300 * KIB, octetsPerKey: 200 * KIB, bodiesPerKey: 4 },
      },
      pace: { octets: 2 * KIB, withinMs: 1_200 },
    },
  });
  await api.call("PUT", "/v1/sources/feed", { json: { kind: "third-party", trust: 90 } });
  feedKey = await api.keyOf("ingest", "feed");
  port = Number(new URL(await api.app.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});
afterAll(() => api.stop());

interface Sent {
  readonly path?: string;
  readonly key?: string;
  readonly type?: string;
  /** undefined: chunked. */
  readonly length?: number;
  readonly body: string;
}

/** Sends a head and a part of its body, and holds on. */
async function unfinished({ path = "/v1/reports?source=feed", key = adminKey, type, length, body }: Sent) {
  const socket = connect({ port, host: "127.0.0.1" });
  open.push(socket);
  await once(socket, "connect");
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  const framing = length === undefined ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`;
  const head = [
    `POST ${path} HTTP/1.1`,
    "Host: x",
    `Authorization: Bearer ${key}`,
    `Content-Type: ${type ?? "application/json"}`,
    framing,
  ];
  const chunk = length === undefined ? `${body.length.toString(16)}\r\n${body}\r\n` : body;
  const begun = once(api.app.server, "request");
  socket.write(`${head.join("\r\n")}\r\n\r\n${chunk}`);
  await begun;
  const status = async () => {
    await expect.poll(() => heard, { timeout: 8_000, interval: 10 }).toMatch(/\r\n\r\n\{.*\}$/);
    return { status: Number(heard.slice(9, 12)), code: JSON.parse(heard.slice(heard.indexOf("\r\n\r\n"))).code, heard };
  };
  return { socket, status };
}

const report = (octets: number, key = adminKey) =>
  api.call("POST", "/v1/reports?source=feed", {
    key,
    body: `[${" ".repeat(octets - 2)}]`,
    headers: { "content-type": "application/json" },
  });

/** Until nothing that was sent before holds room any more. */
const untilFree = () =>
  expect.poll(async () => (await report(190 * KIB)).status, { timeout: 8_000, interval: 20 }).toBe(202);

/** Holds unfinished bodies until no other of this key is taken. */
async function holdUntilRefused(length: number, key: string): Promise<void> {
  const refusal = async () => {
    await unfinished({ length, body: "[", key });
    return (await report(20 * KIB, key)).body.code;
  };
  await expect.poll(refusal, { interval: 10 }).toBe("too-many-reports");
}

describe("what large bodies announce", () => {
  test("is reserved: beyond it nothing large is taken, but everything small is", async () => {
    await untilFree();
    await holdUntilRefused(190 * KIB, adminKey);
    await holdUntilRefused(100 * KIB, feedKey);
    const refused = await report(20 * KIB, feedKey);
    expect(refused).toMatchObject({
      status: 503,
      body: { code: "too-many-reports" },
      headers: { "retry-after": "30" },
    });
    expect((await report(4 * KIB)).status).toBe(202);
    const lines = await api.call("POST", "/v1/attribution", {
      body: " \n".repeat(10 * KIB),
      headers: { "content-type": "application/x-ndjson" },
    });
    expect(lines).toMatchObject({ status: 503, body: { code: "too-many-bodies" } });
    const imported = await api.call("POST", "/v1/subscribers/import", {
      body: '{"id":"a","usernames":[]}\n',
      headers: { "content-type": "application/x-ndjson" },
    });
    expect(imported.status).toBe(200);
    for (const socket of open.splice(0)) socket.destroy();
    await untilFree();
  });

  test("a key has its share of it, and the others theirs", async () => {
    await untilFree();
    await holdUntilRefused(20 * KIB, feedKey);
    expect((await report(190 * KIB)).status).toBe(202);
  });
});

test("a body of no known length is held to the same: it is refused where its room ends", async () => {
  await untilFree();
  await holdUntilRefused(190 * KIB, adminKey);
  const { socket, status } = await unfinished({ body: " ".repeat(120 * KIB), key: feedKey });
  socket.write("0\r\n\r\n");
  expect(await status()).toMatchObject({ status: 503, code: "too-many-reports" });
});

test.each([
  ["a report", { length: 100 * KIB, body: "[" }],
  ["a report of no known length", { body: "[" }],
  ["JSON", { path: "/v1/keys", length: 100, body: "{" }],
  ["questions", { path: "/v1/attribution", type: "application/x-ndjson", length: 9 * KIB, body: "{" }],
  ["an import", { path: "/v1/subscribers/import", type: "application/x-ndjson", length: 9 * KIB, body: "\n" }],
])("%s that comes too slowly is ended with 408, and its connection with it", async (_what, sent) => {
  const { socket, status } = await unfinished(sent);
  const closed = new Promise((resolve) => socket.once("close", () => resolve("closed")));
  const answer = await status();
  expect(answer).toMatchObject({ status: 408, code: "body-too-slow" });
  expect(answer.heard).toMatch(/^connection: close\r$/im);
  expect(await closed).toBe("closed");
  await untilFree();
});

test("nobody's body is kept where there is no such address", async () => {
  const { status } = await unfinished({ path: "/v1/nothing", key: "nobody", length: 100 * KIB, body: "{" });
  expect(await status()).toMatchObject({ status: 404, code: "not-found" });
});
