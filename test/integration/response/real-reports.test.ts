import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { putSource } from "../../../src/intake/source-store.ts";
import { listObservations } from "../../../src/response/observation-view-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { hasSamples, sample, samplesNote } from "../../unit/intake/reports.ts";
import { customerAt, session, subscriber } from "./customers.ts";
import { measuresOf, reporterOn } from "./reporter.ts";

let db: TestDatabase;
const now = new Date("2026-11-20T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const asShadowserver = (time: Date) => time.toISOString().slice(0, 19).replace("T", " ");

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "shadowserver", kind: "third-party", trust: 90 });
  await putSource(db.database, { id: "cert", kind: "third-party", trust: 90 });
  await putSource(db.database, { id: "ids", kind: "monitoring", trust: 95 });
});
afterAll(() => db.drop());

/** The rows of a real file as if they were about our customers of 48 hours ago. */
function aboutOurs(name: string, addresses: readonly string[], time: Date): string {
  const [header = "", ...rows] = sample(`shadowserver/${name}.csv`).trimEnd().split(/\r?\n/);
  const replaced = rows.map((row, index) =>
    row.replace(/^"[^"]*","tcp","[^"]*"/, `"${asShadowserver(time)}","tcp","${addresses[index]}"`),
  );
  return [header, ...replaced].join("\r\n");
}

test.skipIf(!hasSamples).each([
  ["event4_sinkhole", "10.1.0", 3, "walled-garden"],
  ["event4_sinkhole_http", "10.1.1", 5, "walled-garden"],
  ["event4_honeypot_brute_force", "10.1.2", 6, "walled-garden"],
])(
  `real rows of %s, two days late, reach who held the addresses then${samplesNote}`,
  async (name, network, rows, kind) => {
    const addresses = Array.from({ length: rows }, (_, index) => `${network}.${index}`);
    for (const address of addresses) {
      await subscriber(db.database, `then-${address}`);
      await session(db.database, {
        subscriber: `then-${address}`,
        prefix: `${address}/32`,
        from: ago(60 * 60),
        to: ago(40 * 60),
      });
      await customerAt(db.database, `now-${address}`, address, ago(39 * 60));
    }
    const body = gzipSync(aboutOurs(name, addresses, ago(48 * 60)));
    const report = { sourceId: "shadowserver", now, contentType: "text/csv", contentEncoding: "gzip", body };
    const fileName = `2026-11-20-${name}-isp-asn.csv`;
    const answer = await reporterOn(db.database).post({ ...report, fileName });
    expect(answer).toMatchObject({ accepted: rows, duplicates: 0, rejected: [] });
    expect(answer.cases).toHaveLength(rows);
    for (const address of addresses) {
      expect(await measuresOf(db.database, `then-${address}`)).toMatchObject([{ kind, state: "active" }]);
      expect(await measuresOf(db.database, `now-${address}`)).toEqual([]);
    }
    expect(await reporterOn(db.database).post({ ...report, fileName })).toMatchObject({
      accepted: 0,
      duplicates: rows,
    });
  },
);

test.skipIf(!hasSamples).each([
  ["connection-infected-host", "walled-garden"],
  ["infrastructure-botnet", "walled-garden"],
  ["connection-login-attack", "walled-garden"],
  ["messaging-spam", "walled-garden"],
  ["vulnerability-open-service", undefined],
])(`the XARF sample %s about one of our customers leads to %s${samplesNote}`, async (name, kind) => {
  const address = `10.2.0.${name.length}`;
  await customerAt(db.database, name, address, ago(60));
  const original: object = JSON.parse(sample(`xarf/samples/v4-${name}.json`));
  const body = Buffer.from(
    JSON.stringify({ ...original, source_identifier: address, timestamp: ago(5).toISOString() }),
  );
  const answer = await reporterOn(db.database).post({ sourceId: "cert", now, body });
  expect(answer).toMatchObject({ accepted: 1, rejected: [], cases: [expect.any(String)] });
  const measures = await measuresOf(db.database, name);
  expect(measures.map((measure) => measure.kind)).toEqual(kind === undefined ? [] : [kind]);
});

test.skipIf(!hasSamples)(`the XARF samples as published are stored, whoever they are about${samplesNote}`, async () => {
  const names = ["connection-infected-host", "infrastructure-botnet", "connection-login-attack", "messaging-spam"];
  const body = Buffer.from(`[${names.map((name) => sample(`xarf/samples/v4-${name}.json`)).join(",")}]`);
  const answer = await reporterOn(db.database).post({ sourceId: "cert", now, body });
  expect(answer).toMatchObject({ accepted: 4, rejected: [], cases: [] });
});

const alert = {
  event_type: "alert",
  proto: "TCP",
  alert: { signature: "ET MALWARE Zeus CnC", category: "Malware Command and Control Activity Detected", severity: 1 },
};
const eve = (...events: object[]) =>
  reporterOn(db.database).post({
    sourceId: "ids",
    now,
    contentType: "application/x-ndjson",
    body: Buffer.from(events.map((event) => JSON.stringify(event)).join("\n")),
  });

test("an alert of our own monitoring gardens the customer, whichever end of the packet they were", async () => {
  await customerAt(db.database, "asks", "10.3.0.1", ago(60));
  await customerAt(db.database, "is-answered", "10.3.0.2", ago(60));
  const timestamp = ago(1).toISOString();
  const flow = { pkts_toserver: 4, pkts_toclient: 3 };
  const answer = await eve(
    { ...alert, timestamp, src_ip: "10.3.0.1", src_port: 5000, dest_ip: "192.0.2.1", dest_port: 80 },
    { ...alert, timestamp, flow, src_ip: "192.0.2.1", src_port: 80, dest_ip: "10.3.0.2", dest_port: 5001 },
    { timestamp, event_type: "stats" },
  );
  expect(answer).toMatchObject({ accepted: 2, rejected: [{ row: 3, code: "not-an-alert" }] });
  expect(await measuresOf(db.database, "asks")).toMatchObject([{ kind: "walled-garden" }]);
  expect(await measuresOf(db.database, "is-answered")).toMatchObject([{ kind: "walled-garden" }]);
  const { items } = await listObservations(db.database, { subscriber: "is-answered" }, { limit: 5 });
  expect(items).toMatchObject([
    { ip: "10.3.0.2", port: 5001, evidence: { destination: { ip: "192.0.2.1", port: 80 } } },
  ]);
});

test("nobody is gardened for what a stranger sends, whatever is in it", async () => {
  await customerAt(db.database, "target", "10.3.0.4", ago(60));
  const inbound = { src_ip: "192.0.2.66", src_port: 53, dest_ip: "10.3.0.4", dest_port: 40_000, proto: "UDP" };
  const timestamp = ago(1).toISOString();
  const exploit = { signature: "ET EXPLOIT possible C2 string in UDP", severity: 1 };
  const answer = await eve(
    { ...alert, ...inbound, timestamp, alert: { ...exploit, category: "Attempted Administrator Privilege Gain" } },
    { ...alert, ...inbound, timestamp },
    { ...alert, ...inbound, timestamp, src_port: 54, flow: { pkts_toserver: 1, pkts_toclient: 0 } },
  );
  expect(answer).toMatchObject({ accepted: 2, rejected: [{ row: 1, code: "category-not-mapped" }], cases: [] });
  expect(await measuresOf(db.database, "target")).toEqual([]);
});

test("a customer whom a stranger attacks is no offender", async () => {
  await customerAt(db.database, "victim", "10.3.0.3", ago(60));
  const inbound = { src_ip: "192.0.2.66", src_port: 999, dest_ip: "10.3.0.3", dest_port: 22 };
  const signature = "ET SCAN Potential SSH Scan";
  const scan = {
    ...alert,
    ...inbound,
    timestamp: ago(1).toISOString(),
    alert: { ...alert.alert, signature, category: "" },
  };
  const trojan = {
    ...scan,
    alert: { signature: "ET MALWARE Mirai Inbound", category: "A Network Trojan was detected" },
  };
  expect(await eve(scan, trojan)).toMatchObject({ accepted: 2, cases: [] });
  expect(await measuresOf(db.database, "victim")).toEqual([]);
});
