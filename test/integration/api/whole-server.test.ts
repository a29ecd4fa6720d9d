import { randomBytes, randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseAttributeLine } from "../../../src/radius/attribute-text.ts";
import { Code } from "../../../src/radius/code.ts";
import { encodeAttributes } from "../../../src/radius/encode-attributes.ts";
import { encodeRequest } from "../../../src/radius/encode-packet.ts";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import { packetIn, shippedDictionary } from "../../support/wire.ts";
import type { Body } from "./api-under-test.ts";
import { type CheckedCall, createCheckedCall } from "./checked-call.ts";

const secret = Buffer.from("testing123");
let weir: WeirUnderTest;
let api: CheckedCall;
/** The NAS's side of Change-of-Authorization: acknowledges whatever is authentic. */
let nas: FakeUpstream;

beforeAll(async () => {
  nas = await startFakeUpstream({ secret, answer: ({ code }) => ({ code: code + 1 }) });
  weir = await startWeir();
  api = await createCheckedCall(weir);
  await call("PUT", "/v1/nas/bng", {
    address: "127.0.0.1",
    secret: "testing123",
    vendor: "generic",
    coaPort: nas.port,
  });
  await call("PUT", "/v1/sources/feed", { kind: "third-party", trust: 90 });
});
afterAll(async () => {
  await weir.stop();
  await nas.stop();
});

async function call(method: string, path: string, json?: unknown): Promise<Body> {
  const { status, body, text } = await api.call(method, path, json === undefined ? {} : { json });
  if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
  return body ?? {};
}

/** Sends a request as the NAS does, and resolves with the code of the answer. */
async function send(port: number, code: number, lines: readonly string[]): Promise<number> {
  const authenticator = code === Code.AccessRequest ? randomBytes(16) : Buffer.alloc(16);
  const attributes = encodeAttributes(
    shippedDictionary,
    lines.map((line) => parseAttributeLine(shippedDictionary, line)),
    { secret, authenticator },
  );
  const isAccess = code === Code.AccessRequest;
  const octets = encodeRequest({
    code,
    identifier: randomInt(256),
    attributes,
    secret,
    messageAuthenticator: isAccess,
    ...(isAccess ? { authenticator } : {}),
  });
  const socket = createSocket("udp4");
  try {
    socket.send(octets, port, "127.0.0.1");
    const [datagram]: Buffer[] = await once(socket, "message", { signal: AbortSignal.timeout(5000) });
    return packetIn(datagram ?? Buffer.alloc(0)).code;
  } finally {
    socket.close();
  }
}

const account = (status: string, name: string, ip: string) =>
  send(weir.acctPort, Code.AccountingRequest, [
    `Acct-Status-Type = ${status}`,
    `Acct-Session-Id = "${name}-1"`,
    `User-Name = "${name}"`,
    `Framed-IP-Address = ${ip}`,
  ]);
const login = (name: string, password: string) =>
  send(weir.authPort, Code.AccessRequest, [`User-Name = "${name}"`, `User-Password = "${password}"`]);
const items = async (path: string) => (await call("GET", path))["items"];

test("a session is there once its Accounting-Response has left, every time", async () => {
  for (let number = 1; number <= 20; number += 1) {
    expect(await account("Start", `seen-${number}`, `10.20.0.${number}`)).toBe(Code.AccountingResponse);
    expect(await items(`/v1/sessions?state=open&username=seen-${number}`)).toMatchObject([
      { nas: "bng", acctSessionId: `seen-${number}-1`, ipv4: `10.20.0.${number}`, stoppedAt: null },
    ]);
    expect(await call("GET", `/v1/attribution?ip=10.20.0.${number}`)).toMatchObject({ verdict: "exact" });
  }
  await account("Stop", "seen-1", "10.20.0.1");
  expect(await items("/v1/sessions?state=open&username=seen-1")).toEqual([]);
});

test("a measure binds the next Access-Request once the API has answered, and so does its lifting", async () => {
  await call("PUT", "/v1/subscribers/binds", { usernames: ["binds"], credential: { password: "pw-binds" } });
  for (let time = 0; time < 5; time += 1) {
    expect(await login("binds", "pw-binds")).toBe(Code.AccessAccept);
    await call("PUT", "/v1/subscribers/binds/measures/suspend", { reason: "now" });
    expect(await login("binds", "pw-binds")).toBe(Code.AccessReject);
    await call("DELETE", "/v1/subscribers/binds/measures/suspend");
  }
  expect(await login("binds", "pw-binds")).toBe(Code.AccessAccept);
});

test("waitMs waits for the outcome; the packets are in the journal, in hex", async () => {
  await account("Start", "waits", "10.21.0.1");
  const measure = await call("PUT", "/v1/subscribers/waits/measures/walled-garden?waitMs=5000", { reason: "x" });
  expect(measure).toMatchObject({ state: "in-force", sessions: [{ outcome: "acknowledged" }] });
  const hex = expect.stringMatching(/^([0-9a-f]{2})+$/);
  expect(await items("/v1/enforcements?subscriber=waits&nas=bng&outcome=acknowledged")).toMatchObject([
    { kind: "coa", subscriber: "waits", nas: "bng", attempts: 1, errorCause: null, request: hex, response: hex },
  ]);
  const lifted = await call("DELETE", "/v1/subscribers/waits/measures/walled-garden?waitMs=5000");
  expect(lifted).toMatchObject({ state: "lifted" });
});

test("from a report to the acknowledged packet, and the whole chain explained", async () => {
  await account("Start", "bot", "10.22.0.1");
  const at = new Date().toISOString();
  const report = await call("POST", "/v1/reports?source=feed", [{ ip: "10.22.0.1", at, category: "botnet" }]);
  expect(report).toMatchObject({ accepted: 1, cases: [expect.any(String)] });
  await expect
    .poll(() => items("/v1/enforcements?subscriber=bot"), { timeout: 5000, interval: 20 })
    .toMatchObject([{ outcome: "acknowledged" }]);
  const { chain } = await call("GET", `/v1/cases/${[report["cases"]].flat()[0]}/explain`);
  expect(chain).toMatchObject([
    {
      attribution: { verdict: "exact", subscriber: "bot" },
      measure: { kind: "walled-garden", enforcements: [{ kind: "coa", outcome: "acknowledged" }] },
    },
  ]);
  expect(await call("GET", "/v1/subscribers/bot")).toMatchObject({
    measures: [{ kind: "walled-garden", state: "in-force" }],
    sessions: [{ username: "bot", profile: { desired: { isWalledGarden: true }, applied: { isWalledGarden: true } } }],
    cases: [{ category: "botnet", state: "open" }],
  });
});

test("what happens is told to who listens, while it happens", async () => {
  const leaving = new AbortController();
  const response = await fetch(`${weir.address}/v1/events`, {
    headers: { authorization: `Bearer ${weir.adminKey}` },
    signal: leaving.signal,
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  await call("PUT", "/v1/subscribers/told", { usernames: ["told"] });
  await call("PUT", "/v1/subscribers/told/measures/suspend", { reason: "x" });
  let heard = "";
  const limit = setTimeout(() => leaving.abort(new Error(`heard only: ${heard}`)), 5000);
  const decoder = new TextDecoder();
  for await (const octets of response.body ?? []) {
    heard += decoder.decode(octets, { stream: true });
    if (/"subscriber":"told".*\}\n\n/.test(heard)) break;
  }
  clearTimeout(limit);
  expect(heard).toMatch(/^id: \S+\nevent: measure\ndata: \{.*"kind":"suspend".*\}$/m);
});

test("jobs are listed with their next time, and run now", async () => {
  const jobs = await items("/v1/jobs");
  const names = jobs.map(({ name }: Body) => name);
  expect(names).toEqual(names.toSorted());
  expect(names).toEqual(expect.arrayContaining(["attribute", "expire", "reconcile", "reseal", "tidy"]));
  for (const name of ["expire", "reconcile"])
    expect(await call("POST", `/v1/jobs/${name}/run`)).toMatchObject({
      name,
      schedule: expect.any(String),
      lastRun: { startedAt: expect.any(String), durationMs: expect.any(Number), findings: expect.any(Object) },
      nextRunAt: expect.any(String),
    });
  await expect(call("POST", "/v1/jobs/nonsense/run")).rejects.toThrow(/404.*unknown-job/);
});

test("a thousand calls of a valid key are all answered, none told to wait", async () => {
  const batches = Array.from({ length: 20 }, () => 50);
  for (const size of batches) await Promise.all(Array.from({ length: size }, () => call("GET", "/v1/jobs?limit=1")));
});
