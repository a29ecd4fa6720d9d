import { expect, test } from "vitest";
import { hasSamples, observationsIn, readBody, readJson, rejectedIn, sample, samplesNote } from "./reports.ts";

const party = { org: "CERT", contact: "cert@cert.example", domain: "cert.example" };
const report = {
  xarf_version: "4.2.0",
  report_id: "dbc8007a-2acf-4d8f-9b9d-760b5b31c59e",
  timestamp: "2026-11-20T11:00:00Z",
  reporter: party,
  sender: party,
  source_identifier: "203.0.113.85",
  source_port: 4711,
  category: "infrastructure",
  type: "botnet",
  compromise_evidence: "talks to a controller",
  malware_family: "Zeus",
};
const attack = { category: "connection", protocol: "tcp", first_seen: "2026-11-20T09:00:00Z" };

test("a report becomes an observation", async () => {
  const reading = await readJson({ ...report, confidence: 0.9, description: "seen", destination_ip: "192.0.2.1" });
  expect(reading).toMatchObject({ format: "xarf-v4" });
  expect(observationsIn(reading)).toMatchObject([
    {
      row: 1,
      ip: "203.0.113.85",
      port: 4711,
      at: new Date("2026-11-20T11:00:00Z"),
      category: "botnet",
      name: "Zeus",
      description: "seen",
      confidence: 0.9,
      destination: { ip: "192.0.2.1" },
      evidence: { report_id: report.report_id, reporter: party, compromise_evidence: "talks to a controller" },
    },
  ]);
});

test.each<[string, object, string]>([
  ["connection/infected_host", { ...attack, bot_type: "malicious" }, "botnet"],
  ["connection/login_attack", attack, "brute-force"],
  ["connection/port_scan", attack, "scanning"],
  ["connection/vulnerability_scan", { ...attack, scan_type: "port_scan" }, "scanning"],
  ["connection/reconnaissance", { ...attack, probed_resources: ["/.env"] }, "scanning"],
  ["connection/sql_injection", attack, "scanning"],
  ["connection/ddos", attack, "ddos"],
  ["connection/ddos", { ...attack, attack_vector: "dns_amplification" }, "vulnerable-service"],
  ["connection/ddos", { ...attack, amplification_factor: 50 }, "vulnerable-service"],
  ["infrastructure/compromised_server", { compromise_method: "webshell" }, "botnet"],
  ["messaging/spam", { protocol: "smtp" }, "spam"],
  ["content/phishing", {}, "phishing"],
  ["vulnerability/open_service", { service: "rdp" }, "vulnerable-service"],
  ["vulnerability/misconfiguration", { service: "rdp" }, "vulnerable-service"],
  ["vulnerability/cve", { service: "rdp", service_port: 3389, cve_id: "CVE-2026-1" }, "vulnerable-service"],
])("%s with %j is %s", async (kind, fields, expected) => {
  const [category, type] = kind.split("/");
  expect(observationsIn(await readJson({ ...report, ...fields, category, type }))).toMatchObject([
    { category: expected },
  ]);
});

test.each(["reputation/blocklist", "copyright/p2p", "content/csam", "messaging/bulk_messaging", "connection/toString"])(
  "%s is not acted on",
  async (kind) => {
    const [category, type] = kind.split("/");
    expect(rejectedIn(await readJson({ ...report, category, type }))).toEqual([[1, "category-not-mapped"]]);
  },
);

test.each(["search_engine", "ai_agent", "unknown"])("a crawler is no infected host: %s", async (bot_type) => {
  const crawler = { ...report, ...attack, type: "infected_host", bot_type };
  expect(rejectedIn(await readJson(crawler))).toEqual([[1, "not-malicious"]]);
});

test.each<[string, object]>([
  ["a version that is not 4", { xarf_version: "5.0.0" }],
  ["an id that is no UUID", { report_id: "4711" }],
  ["no reporter", { reporter: undefined }],
  ["a reporter with an extra key", { reporter: { ...party, phone: "1" } }],
  ["a contact that is no address", { sender: { ...party, contact: "nobody" } }],
  ["a port of 0", { source_port: 0 }],
  ["a category that there is not", { category: "weather" }],
  ["a confidence above 1", { confidence: 1.1 }],
  ["a tag without namespace", { tags: ["bad"] }],
  ["21 tags", { tags: Array.from({ length: 21 }, () => "a:b") }],
  [
    "51 pieces of evidence",
    { evidence: Array.from({ length: 51 }, () => ({ content_type: "text/plain", payload: "" })) },
  ],
  ["evidence without payload", { evidence: [{ content_type: "text/plain" }] }],
  ["a type's own field missing", { compromise_evidence: undefined }],
  ["a time without zone", { timestamp: "2026-11-20T11:00:00" }],
])("%s breaks the schema", async (_, wrong) => {
  expect(rejectedIn(await readJson([report, { ...report, ...wrong }]))).toEqual([[2, "invalid-xarf"]]);
});

test("what is wrong is said with its place", async () => {
  const reading = await readJson({ ...report, sender: { ...party, contact: "nobody" } });
  expect(reading).toMatchObject({ rejected: [{ detail: expect.stringContaining("/sender/contact") }] });
});

test("a source named by a domain is refused: nobody can be found by that", async () => {
  expect(rejectedIn(await readJson({ ...report, source_identifier: "host.example.com" }))).toEqual([
    [1, "not-an-address"],
  ]);
});

test("what must never have been transmitted is stripped", async () => {
  const [observation] = observationsIn(await readJson({ ...report, _internal: { analyst: "jane" } }));
  expect(JSON.stringify(observation)).not.toContain("jane");
});

test("small payloads are kept, of large ones their length", async () => {
  const evidence = [
    { content_type: "text/plain", payload: "c21hbGw=", hash: "sha256:00" },
    { content_type: "message/rfc822", payload: "A".repeat(20_000) },
  ];
  const [observation] = observationsIn(await readJson({ ...report, evidence }));
  expect(observation?.evidence["evidence"]).toEqual([
    evidence[0],
    { content_type: "message/rfc822", payload_left_out: 20_000 },
  ]);
});

test("fifty large payloads fit", async () => {
  const evidence = Array.from({ length: 50 }, () => ({ content_type: "text/plain", payload: "A".repeat(16_000) }));
  expect(observationsIn(await readJson({ ...report, evidence }))).toHaveLength(1);
});

test("last seen shortly before the timestamp: the address must have had one holder all the way", async () => {
  const [observation] = observationsIn(await readJson({ ...report, last_seen: "2026-11-20T08:00:00Z" }));
  expect(observation).toMatchObject({ at: new Date("2026-11-20T08:00:00Z"), until: new Date("2026-11-20T11:00:00Z") });
});

test.each(["2026-11-20T11:30:00Z", "2026-11-10T11:00:00Z", "2026-11-20T11:00:00Z"])(
  "last seen at %s: the timestamp is the time of the incident",
  async (last_seen) => {
    const [observation] = observationsIn(await readJson({ ...report, last_seen }));
    expect(observation?.at).toEqual(new Date("2026-11-20T11:00:00Z"));
    expect(observation).not.toHaveProperty("until");
  },
);

test("a list may mix XARF and native entries, and each is told by itself", async () => {
  const native = { ip: "203.0.113.9", at: "2026-11-20T11:00:00Z", category: "spam" };
  const v3 = { Version: "3", ReporterInfo: {}, Report: {} };
  const reading = await readJson([report, native, v3]);
  expect(observationsIn(reading)).toHaveLength(2);
  expect(rejectedIn(reading)).toEqual([[3, "format-not-supported"]]);
});

test.skipIf(!hasSamples).each([
  ["connection-infected-host", "botnet", "203.0.113.85"],
  ["infrastructure-botnet", "botnet", "198.51.100.25"],
  ["connection-login-attack", "brute-force", "198.51.100.77"],
  ["messaging-spam", "spam", "192.168.1.100"],
  ["vulnerability-open-service", "vulnerable-service", "192.0.2.50"],
])(`the published sample %s is read${samplesNote}`, async (name, category, ip) => {
  const reading = await readBody("application/json", sample(`xarf/samples/v4-${name}.json`));
  expect(rejectedIn(reading)).toEqual([]);
  expect(observationsIn(reading)).toMatchObject([{ category, ip, isBogon: false }]);
});

test.skipIf(!hasSamples).each(["botnet", "spam"])(
  `the published v3 sample %s is said not to be read yet${samplesNote}`,
  async (name) => {
    const reading = await readBody("application/json", sample(`xarf/samples/v3-${name}_v3_sample.json`));
    expect(reading).toMatchObject({ ok: false, code: "format-not-supported" });
  },
);
