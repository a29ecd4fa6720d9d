import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeUpstream, startFakeUpstream } from "../../support/fake-upstream.ts";
import { accessRequest, accountingRequest, openRadiusPeer, type RadiusPeer } from "../../support/radius-peer.ts";
import { startWeir, type WeirUnderTest } from "../../support/weir-server.ts";
import type { Answer } from "./api-under-test.ts";
import { type CheckedCall, createCheckedCall } from "./checked-call.ts";

const secret = "testing123";
let weir: WeirUnderTest;
/** The NAS's side of Change-of-Authorization: acknowledges whatever is authentic. */
let nas: FakeUpstream;
let accounting: RadiusPeer;
let logins: RadiusPeer;
let api: CheckedCall;

beforeAll(async () => {
  nas = await startFakeUpstream({ secret: Buffer.from(secret), answer: ({ code }) => ({ code: code + 1 }) });
  weir = await startWeir();
  accounting = await openRadiusPeer(weir.acctPort);
  logins = await openRadiusPeer(weir.authPort);
  api = await createCheckedCall(weir);
});
afterAll(async () => {
  await Promise.all([accounting.close(), logins.close(), weir.stop()]);
  await nas.stop();
});

/** Calls, and lets nothing but a success pass. */
async function done(method: string, path: string, options: Parameters<CheckedCall["call"]>[2] = {}): Promise<Answer> {
  const answer = await api.call(method, path, options);
  expect(answer.status, `${method} ${path} ${answer.text}`).toBeLessThan(300);
  return answer;
}
const put = (path: string, json: unknown) => done("PUT", path, { json });
const get = (path: string) => done("GET", path);

async function equipmentAndCustomers(): Promise<void> {
  const none = [{ name: "ERX-Service-Activate", tag: 1, value: "full" }];
  const profiles = { none, "block-ports": { "Filter-Id": "no-smtp" } };
  await put("/v1/nas/bng", {
    address: "127.0.0.1",
    secret,
    vendor: "juniper",
    coaPort: nas.port,
    coa: { retries: 2 },
    profiles,
  });
  await put("/v1/sources/feed", { kind: "third-party", trust: 90, categories: ["malware"], mail: { from: ["a@b"] } });
  for (const name of ["alice", "bob"])
    await put(`/v1/subscribers/${name}`, {
      usernames: [name],
      plan: { downKbps: 50_000, upKbps: 20_000 },
      credential: { password: `pw-${name}` },
    });
  const body = "id,usernames\ncarol,carol\nx,\n";
  await done("POST", "/v1/subscribers/import", { body, headers: { "content-type": "text/csv" } });
  for (const [identifier, name, ipv4] of [
    [1, "alice", "10.30.0.1"],
    [2, "bob", "10.30.0.2"],
  ] as const)
    await accounting.ask(accountingRequest({ secret, identifier, status: 1, session: name, username: name, ipv4 }));
}

async function fromReportToPacket(): Promise<string> {
  const at = new Date(Date.now() - 1000).toISOString();
  const json = [
    { ip: "10.30.0.1", port: 5, protocol: "tcp", at, category: "botnet", name: "mirai", evidence: { seen: 3 } },
    { ip: "10.30.0.2", at },
  ];
  const { body } = await done("POST", "/v1/reports?source=feed", { json });
  expect(body).toMatchObject({ accepted: 1, rejected: [{ row: 2 }] });
  const acknowledged = async () => (await get("/v1/enforcements?subscriber=alice")).body.items;
  await expect.poll(acknowledged, { timeout: 10_000, interval: 20 }).toMatchObject([{ outcome: "acknowledged" }]);
  const packet = accountingRequest({
    secret,
    identifier: 3,
    status: 3,
    session: "alice",
    username: "alice",
    ipv4: "10.30.0.1",
  });
  await accounting.ask(packet);
  await logins.ask(accessRequest({ secret, username: "alice", password: "pw-alice" }));
  await get(`/v1/reports/${body.id}`);
  return body.cases[0];
}

async function cases(id: string): Promise<void> {
  const { body } = await get(`/v1/cases/${id}/explain`);
  expect(body.chain).toMatchObject([{ measure: { enforcements: [{ kind: "coa", outcome: "acknowledged" }, {}] } }]);
  await get(`/v1/cases/${id}`);
  await get("/v1/cases?subscriber=alice");
  await done("POST", `/v1/cases/${id}/events`, { json: { type: "note", note: "called" } });
  await get("/v1/observations?subscriber=alice");
  await get("/v1/subscribers/alice");
  await get("/v1/subscribers");
}

async function measures(id: string): Promise<void> {
  const of = "/v1/subscribers/alice/measures";
  await put(`${of}/throttle?waitMs=5000`, { reason: "x", params: { downKbps: 512, upKbps: 128 }, case: id });
  const rules = [{ protocol: "tcp", port: 25, direction: "out" }];
  await put(`${of}/block-ports`, { reason: "x", params: { rules } });
  await put(`${of}/suspend`, { reason: "x", dryRun: true });
  await put(`${of}/regenerate-password`, { reason: "x", params: { when: "now", answer: "walled-garden" } });
  const first = (await put(`${of}/terminate`, { reason: "x" })).body.id;
  await done("POST", `/v1/measures/${first}/reject`, { json: { reason: "no" } });
  const second = (await put(`${of}/terminate`, { reason: "x" })).body.id;
  const { key } = (await done("POST", "/v1/keys", { json: { role: "operator" } })).body;
  await done("POST", `/v1/measures/${second}/approve?waitMs=5000`, { headers: { authorization: `Bearer ${key}` } });
  await get(`/v1/measures/${second}`);
  await get(`${of}/throttle`);
  await get("/v1/measures");
  await done("DELETE", `${of}/terminate?reason=enough&waitMs=5000`);
  await get(`/v1/cases/${id}/explain`);
  await get("/v1/enforcements");
}

async function sessionsAndAddresses(): Promise<void> {
  const { items } = (await get("/v1/sessions")).body;
  await get(`/v1/sessions/${items[0].id}`);
  expect((await get("/v1/attribution?ip=10.30.0.2")).body).toMatchObject({ verdict: "exact", subscriber: "bob" });
  const body = '{"ip":"10.30.0.2"}\n{"ip":"10.99.0.1"}\nnonsense\n{"ip":1}\n';
  await done("POST", "/v1/attribution", { body, headers: { "content-type": "application/x-ndjson" } });
}

async function passwords(): Promise<void> {
  await done("POST", "/v1/subscribers/bob/password/regenerate");
  await done("POST", "/v1/subscribers/bob/password/reveal");
}

async function operations(): Promise<void> {
  for (const path of ["/livez", "/readyz", "/metrics", "/openapi.json", "/v1/audit", "/v1/breakers", "/v1/jobs"])
    await get(path);
  await put("/v1/breakers/base", { limit: 10, windowSeconds: 60 });
  await get("/v1/breakers/base");
  await done("POST", "/v1/breakers/base/reset");
  await done("POST", "/v1/jobs/reconcile/run");
  await done("POST", "/v1/release-all");
  for (const list of ["/v1/nas", "/v1/sources"])
    for (const { id } of (await get(list)).body.items) await get(`${list}/${id}`);
  const [{ id }] = (await get("/v1/keys")).body.items;
  await get(`/v1/keys/${id}`);
  await done("DELETE", `/v1/keys/${id}`);
  await put("/v1/sources/gone", { kind: "monitoring", trust: 1 });
  await done("DELETE", "/v1/sources/gone");
  await done("DELETE", "/v1/subscribers/carol");
  await put("/v1/nas/gone", { address: "192.0.2.1", secret, vendor: "generic" });
  await done("DELETE", "/v1/nas/gone");
}

/** What /v1/events tells until each kind of event was told. */
async function listen(): Promise<{ until(): Promise<void> }> {
  const response = await fetch(`${weir.address}/v1/events`, {
    headers: { authorization: `Bearer ${weir.adminKey}` },
    signal: AbortSignal.timeout(25_000),
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  return {
    until: async () => {
      const missing = new Set(["case", "measure", "enforcement", "audit"]);
      let heard = "";
      while (missing.size > 0) {
        heard += decoder.decode((await reader?.read())?.value, { stream: true });
        const frames = heard.split("\n\n");
        heard = frames.pop() ?? "";
        for (const frame of frames.filter((one) => one.startsWith("id: "))) {
          api.check.event(frame);
          missing.delete(/^event: (\w+)$/m.exec(frame)?.[1] ?? "");
        }
      }
      await reader?.cancel();
    },
  };
}

test("a whole server answers every call as its document says, down to each event of the stream", {
  timeout: 60_000,
}, async () => {
  const events = await listen();
  await equipmentAndCustomers();
  const id = await fromReportToPacket();
  await cases(id);
  await measures(id);
  await events.until();
  await sessionsAndAddresses();
  await passwords();
  await operations();
  const { paths } = (await get("/openapi.json")).body;
  const all = Object.values<object>(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
  const answered = new Set([...api.check.seen].filter((one) => / 2\d\d$/.test(one)).map((one) => one.split(" ")[0]));
  expect(all.filter((operation) => !answered.has(operation))).toEqual(["listen"]);
});
