import { expect, test } from "vitest";
import { observationsIn, readBody, rejectedIn } from "./reports.ts";

const customer = { src_ip: "203.0.113.9", src_port: 50_000 };
const server = { dest_ip: "192.0.2.1", dest_port: 443 };
const alert = {
  action: "allowed",
  gid: 1,
  signature_id: 2_000_001,
  rev: 3,
  signature: "ET MALWARE Zeus Checkin",
  category: "Malware Command and Control Activity Detected",
  severity: 1,
};
const event = {
  timestamp: "2026-11-20T11:00:00.123456+0000",
  event_type: "alert",
  proto: "TCP",
  flow_id: 42,
  ...customer,
  ...server,
  alert,
};

const read = (...events: unknown[]) =>
  readBody("application/x-ndjson", events.map((one) => JSON.stringify(one)).join("\n"), { kind: "monitoring" });
const one = async (changes: object) => observationsIn(await read({ ...event, ...changes }))[0];

test("an alert becomes an observation of whoever opened the conversation", async () => {
  expect(await one({})).toMatchObject({
    row: 1,
    ip: "203.0.113.9",
    port: 50_000,
    protocol: "tcp",
    at: new Date("2026-11-20T11:00:00.123Z"),
    category: "botnet",
    severity: "high",
    name: "ET MALWARE Zeus Checkin",
    destination: { ip: "192.0.2.1", port: 443 },
    evidence: { flow_id: 42, alert: { signature_id: 2_000_001 } },
  });
});

const turned = { src_ip: "192.0.2.1", src_port: 443, dest_ip: "203.0.113.9", dest_port: 50_000 };

test("a packet to the client was answered by the server: the client is the offender", async () => {
  expect(await one({ ...turned, direction: "to_client" })).toMatchObject({ ip: "203.0.113.9", port: 50_000 });
  expect(await one({ direction: "to_server" })).toMatchObject({ ip: "203.0.113.9" });
  expect(await one({ direction: "to_server" })).not.toHaveProperty("otherEnd");
});

test("the flow says who opened it, whichever way the packet went", async () => {
  const flow = { src_ip: "203.0.113.9", src_port: 50_000, dest_ip: "192.0.2.1", dest_port: 443 };
  expect(await one({ ...turned, flow })).toMatchObject({ ip: "203.0.113.9", destination: { ip: "192.0.2.1" } });
});

test("the rule's own word for the attacker decides for attacks", async () => {
  const scan = { ...alert, signature: "ET SCAN ssh", category: "Detection of a Network Scan" };
  const attacker = { ip: "192.0.2.1", port: 443 };
  const observation = await one({ alert: { ...scan, source: attacker, target: { ip: "203.0.113.9" } } });
  expect(observation).toMatchObject({ ip: "192.0.2.1", category: "scanning", destination: { ip: "203.0.113.9" } });
});

const both = { pkts_toserver: 3, pkts_toclient: 2 };

test.each<[string, object]>([
  ["its class", { signature: "local", category: "Malware Command and Control Activity Detected" }],
  ["its class for domains", { signature: "local", category: "Domain Observed Used for C2 Detected" }],
  ["Emerging Threats' category", { signature: "ET CNC Feodo Tracker Reported CnC Server group 1" }],
  ["what a malware signature says", { signature: "ETPRO TROJAN Zeus CnC Response", category: "Misc activity" }],
])("with no direction known, command and control by %s brings the other end into question", async (_, words) => {
  const event = { ...turned, alert: { ...alert, category: "A Network Trojan was detected", ...words } };
  expect(await one({ ...event, flow: both })).toMatchObject({ ip: "192.0.2.1", otherEnd: { ip: "203.0.113.9" } });
  const unproven = [undefined, {}, { pkts_toserver: 1, pkts_toclient: 0 }, { pkts_toserver: 0, pkts_toclient: 1 }];
  for (const flow of unproven)
    for (const proto of ["TCP", "UDP"]) expect(await one({ ...event, flow, proto })).not.toHaveProperty("otherEnd");
});

test.each<object>([
  { signature: "ET MALWARE Zeus Checkin", category: "A Network Trojan was detected", direction: "to_server" },
  { signature: "ET MALWARE Mirai Variant User-Agent (Inbound)", category: "A Network Trojan was detected" },
  { signature: "ET MALWARE Mirai CnC Scan Inbound", category: "Malware Command and Control Activity Detected" },
  { signature: "ET SCAN C2 scanner", category: "Detection of a Network Scan" },
])(
  "%j leaves no other end open, though both ends have sent",
  async ({ direction, ...words }: { direction?: string }) => {
    const event = { ...turned, direction, alert: { ...alert, ...words }, flow: both };
    const observation = await one(event);
    expect(observation).toMatchObject({ ip: "192.0.2.1" });
    expect(observation).not.toHaveProperty("otherEnd");
  },
);

test("who has sent nothing is not the offender, however much the packet looks like an answer", async () => {
  const flow = { src_ip: "203.0.113.9", src_port: 50_000, dest_ip: "192.0.2.1", dest_port: 53 };
  const unasked = { pkts_toserver: 0, pkts_toclient: 1 };
  const offender = async (changes: object) => (await one({ ...turned, proto: "UDP", ...changes }))?.ip;
  expect(await offender({ flow: { ...flow, ...unasked }, direction: "to_client" })).toBe("192.0.2.1");
  expect(await offender({ flow: { ...flow, ...both }, direction: "to_client" })).toBe("203.0.113.9");
  expect(await offender({ flow: unasked, direction: "to_client" })).toBe("192.0.2.1");
  expect(await offender({ flow: both, direction: "to_client" })).toBe("203.0.113.9");
  expect(await offender({ direction: "to_client" })).toBe("192.0.2.1");
});

test("a first packet has no answer yet: a query for a controller's name is its sender's", async () => {
  const flow = { src_ip: "203.0.113.9", src_port: 50_000, dest_ip: "192.0.2.1", dest_port: 53 };
  const query = { proto: "UDP", flow: { ...flow, pkts_toserver: 1, pkts_toclient: 0 }, direction: "to_server" };
  expect(await one(query)).toMatchObject({ ip: "203.0.113.9", category: "botnet" });
});

const flooded = { src_ip: "203.0.113.9", src_port: 80, dest_ip: "198.51.100.7", dest_port: 123 };
const monlist = {
  ...alert,
  signature: "ET DOS Possible NTP DDoS Inbound Frequent Un-Authed MON_LIST Requests IMPL 0x03",
  category: "Attempted Denial of Service",
};
const unanswered = { pkts_toserver: 10, pkts_toclient: 0 };
const answered = { pkts_toserver: 10, pkts_toclient: 9 };

test.each<[string, object]>([
  ["a UDP flood with questions to amplifiers", { proto: "UDP", flow: { ...unanswered, ...flooded } }],
  ["a UDP flood of which nothing else is told", { proto: "UDP", flow: undefined }],
  ["a UDP flood that somebody answered", { proto: "UDP", flow: { ...answered, ...flooded }, words: "ET DOS x" }],
  ["a UDP flood whose rule names the attacker", { proto: "UDP", source: { ip: "203.0.113.9", port: 80 } }],
  ["a flood of echo requests", { proto: "ICMP", flow: answered, words: "ET DOS ICMP flood" }],
  ["a flood over IPv6", { proto: "IPv6-ICMP", flow: answered, words: "ET DOS ICMP flood" }],
  ["a UDP flood by a rule of the ISP's own", { proto: "UDP", words: "x", metadata: { weir_category: ["ddos"] } }],
  ["a scan for amplifiers", { proto: "UDP", words: "ET SCAN SSDP amplification scan", class: "Misc activity" }],
  ["TCP that nobody answered", { proto: "TCP", flow: { ...unanswered, ...flooded }, words: "ET DOS x" }],
  ["a flood of SYNs", { proto: "TCP", flow: answered, words: "ET DOS Potential Tsunami SYN Flood Denial Of Service" }],
])("the address that %s came from may be forged: it is no offender's", async (_, given) => {
  const {
    words = monlist.signature,
    class: category = monlist.category,
    source,
    metadata,
    ...rest
  } = given as {
    words?: string;
    class?: string;
    source?: object;
    metadata?: object;
  };
  const reading = await read({
    ...event,
    ...flooded,
    ...rest,
    alert: { ...monlist, signature: words, category, source, metadata },
  });
  expect(rejectedIn(reading)).toEqual([[1, "category-not-mapped"]]);
  expect(reading).toMatchObject({ rejected: [{ detail: expect.stringMatching(/names no offender: .*forged/) }] });
});

test("who took part in a connection is the offender of a flood over it", async () => {
  const dos = { alert: { ...monlist, signature: "ET DOS HTTP flood" } };
  for (const flow of [undefined, both, { ...both, ...customer, ...server }])
    expect(await one({ ...dos, flow })).toMatchObject({ ip: "203.0.113.9", category: "ddos" });
});

test("a service that answers forged questions is vulnerable, whichever packet gave the alert", async () => {
  const question = { src_ip: "198.51.100.7", src_port: 80, dest_ip: "203.0.113.9", dest_port: 123 };
  const response = { src_ip: "203.0.113.9", src_port: 123, dest_ip: "198.51.100.7", dest_port: 80 };
  const reflected = { proto: "UDP", alert: monlist };
  const told = [
    { ...question, flow: { ...answered, ...question } },
    { ...response, flow: { ...answered, ...question } },
    { ...question, flow: answered, direction: "to_server" },
    { ...response, flow: answered, direction: "to_client" },
  ];
  for (const packet of told)
    expect(await one({ ...reflected, ...packet })).toMatchObject({
      ip: "203.0.113.9",
      port: 123,
      category: "vulnerable-service",
      severity: "low",
      destination: { ip: "198.51.100.7", port: 80 },
    });
  expect(rejectedIn(await read({ ...event, ...reflected, ...response, flow: answered }))).toHaveLength(1);
});

test.each<[object, string]>([
  [{ signature: "ET TROJAN x", category: "Misc activity" }, "botnet"],
  [{ signature: "ETPRO CNC x", category: "" }, "botnet"],
  [{ signature: "local", category: "A Network Trojan was detected" }, "botnet"],
  [{ signature: "local", category: "Domain Observed Used for C2 Detected" }, "botnet"],
  [
    {
      signature: "ET SCAN LibSSH Based Frequent SSH Connections Likely BruteForce Attack",
      category: "Attempted Administrator Privilege Gain",
    },
    "brute-force",
  ],
  [{ signature: "ET SCAN Potential SSH Scan OUTBOUND", category: "Attempted Information Leak" }, "scanning"],
  [{ signature: "local", category: "Detection of a Denial of Service Attack" }, "ddos"],
  [{ signature: "Outbound spam", category: "Misc activity" }, "spam"],
  [{ signature: "Anything", category: "", metadata: { weir_category: ["spam"] } }, "spam"],
])("%j is %s", async (words, category) => {
  expect(await one({ alert: { ...alert, ...words } })).toMatchObject({ category });
});

test.each([
  { signature: "ET POLICY curl User-Agent", category: "Potential Corporate Privacy Violation" },
  { signature: "ET EXPLOIT possible C2 string in UDP", category: "Attempted Administrator Privilege Gain" },
  { signature: "local botnet CnC", category: "Misc activity" },
  { signature: "SURICATA STREAM bad", category: "Generic Protocol Command Decode" },
  { signature: "ET PHISHING Successful Bank Phish", category: "Successful Credential Theft Detected" },
  { signature: "x", category: "", metadata: { weir_category: "weather" } },
])("%j is no sign of a compromised machine", async (words) => {
  const reading = await read({ ...event, alert: { ...alert, ...words } });
  expect(rejectedIn(reading)).toEqual([[1, "category-not-mapped"]]);
});

test.each([
  [1, "high"],
  [2, "medium"],
  [3, "low"],
  [undefined, "high"],
])("severity %s is %s", async (severity, expected) => {
  expect(await one({ alert: { ...alert, severity } })).toMatchObject({ severity: expected });
});

test("other events are named and left out, broken lines too, empty ones are nothing", async () => {
  const lines = [
    JSON.stringify({ ...event, event_type: "flow" }),
    "",
    JSON.stringify(event),
    "{broken",
    "[1]",
    JSON.stringify({ ...event, event_type: "alert", alert: undefined }),
  ];
  const reading = await readBody("application/x-ndjson", lines.join("\r\n"), { kind: "monitoring" });
  expect(observationsIn(reading).map(({ row }) => row)).toEqual([2]);
  expect(rejectedIn(reading)).toEqual([
    [1, "not-an-alert"],
    [3, "malformed-row"],
    [4, "malformed-row"],
    [5, "not-an-alert"],
  ]);
});

test("the customer's conversation is not kept", async () => {
  const observation = await one({
    payload: "c2VjcmV0",
    payload_printable: "secret",
    packet: "c2VjcmV0",
    http: { hostname: "evil.example", http_response_body_printable: "secret", url: "/?token=secret" },
    email: { from: "secret@example.com" },
  });
  expect(JSON.stringify(observation)).not.toMatch(/secret|c2VjcmV0/);
  expect(observation?.evidence).toMatchObject({ http: { hostname: "evil.example" } });
});

test("only the ISP's own monitoring may send it", async () => {
  const reading = await readBody("application/x-ndjson", JSON.stringify(event), { kind: "third-party" });
  expect(reading).toMatchObject({ ok: false, code: "wrong-source-kind" });
});

test("an event that names a field twice says two things, and none counts", async () => {
  const twice = JSON.stringify(event).replace('{"timestamp"', '{"src_ip":"203.0.113.10","timestamp"');
  const reading = await readBody("application/x-ndjson", `${twice}\n${JSON.stringify(event)}`, { kind: "monitoring" });
  expect(rejectedIn(reading)).toEqual([[1, "malformed-row"]]);
  expect(observationsIn(reading)).toMatchObject([{ row: 2, ip: "203.0.113.9" }]);
});
