import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, adminKey, startApi } from "./api-under-test.ts";
import { documentedCodes } from "./documented-codes.ts";

let api: ApiUnderTest;
let port = 0;
beforeAll(async () => {
  api = await startApi();
  const address = new URL(await api.app.listen({ host: "127.0.0.1", port: 0 }));
  port = Number(address.port);
});
afterAll(() => api.stop());

/** Sends octets as they are, and resolves with all that comes until the server hangs up or has said nothing more for long. */
async function exchange(octets: string | Buffer): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  socket.setTimeout(5_000, () => socket.destroy());
  socket.on("error", () => undefined);
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(octets);
  socket.end();
  await closed;
  return heard;
}

const head = (...lines: string[]) => `${lines.join("\r\n")}\r\n\r\n`;
const key = `Authorization: Bearer ${adminKey}`;
const post = (...lines: string[]) => [
  "POST /v1/keys HTTP/1.1",
  "Host: x",
  key,
  "Content-Type: application/json",
  ...lines,
];

test.each([
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["a method that there is not", head("BREW /v1/nas HTTP/1.1", "Host: x", key)],
  ["another version of HTTP", head("GET /v1/nas HTTP/9.9", "Host: x", key)],
  ["no host", head("GET /v1/nas HTTP/1.1", key)],
  ["a header that is none", head("GET /v1/nas HTTP/1.1", "Host: x", "no header")],
  ["a header with an odd character", head("GET /v1/nas HTTP/1.1", "Host: x", "A\x01b: c")],
  ["a header of 100 kilobytes", head("GET /v1/nas HTTP/1.1", "Host: x", `A: ${"a".repeat(100_000)}`)],
  ["a path of 100 kilobytes", head(`GET /v1/nas/${"a".repeat(100_000)} HTTP/1.1`, "Host: x")],
  ["two lengths", head(...post("Content-Length: 2", "Content-Length: 3"))],
  ["a length and chunks", `${head(...post("Content-Length: 5", "Transfer-Encoding: chunked"))}0\r\n\r\n`],
  ["a length that is none", head(...post("Content-Length: -1"))],
  ["chunks that are none", `${head(...post("Transfer-Encoding: chunked"))}ZZ\r\n{}\r\n0\r\n\r\n`],
  ["a body that breaks off", `${head(...post("Content-Length: 100"))}{"role"`],
])("%s is a problem, too, and the server goes on", async (_what, octets) => {
  const answer = await exchange(octets);
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  expect(answer).toMatch(/content-type: application\/problem\+json/i);
  const { code, status } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4));
  expect(documentedCodes).toContain(code);
  expect(answer).toContain(`HTTP/1.1 ${status} `);
  expect((await api.call("GET", "/livez", { key: null })).status).toBe(200);
});

test("an expectation that nobody knows is passed over, and so is a wish for another protocol", async () => {
  for (const wish of [
    ["Expect: miracles"],
    ["Connection: Upgrade", "Upgrade: websocket"],
    ["Upgrade: h2c", "Connection: close"],
  ])
    expect(await exchange(head("GET /v1/jobs HTTP/1.1", "Host: x", key, ...wish))).toMatch(/^HTTP\/1\.1 200 /);
});

test("a request with a few octets changed comes to nothing worse than a refusal", async () => {
  const random = (seed: number) => {
    let state = seed;
    return () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state;
    };
  };
  const valid = Buffer.from(`${head(...post("Content-Length: 17"))}{"role":"viewer"}`);
  for (let round = 0; round < 200; round += 1) {
    const next = random(round + 1);
    const octets = Buffer.from(valid);
    for (let flips = 0; flips < 5; flips += 1) octets[next() % octets.length] = next() % 256;
    expect(await exchange(octets)).toMatch(/^(HTTP\/1\.1 [24]\d\d |$)/);
  }
  expect(api.logged.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
});
