import { afterAll, beforeAll, expect, test } from "vitest";
import { ownAddresses } from "../../../src/attribution/own-addresses.ts";
import { putSource } from "../../../src/intake/source-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt } from "./customers.ts";
import { measuresOf, reporterOn } from "./reporter.ts";

let db: TestDatabase;
const start = Date.UTC(2026, 10, 20, 12);
const minute = (minutes: number) => new Date(start + minutes * 60_000);
const isOwnAddress = ownAddresses(["203.0.113.53", "198.51.100.0/28"]);
const report = (...rows: object[]) => reporterOn(db.database, { isOwnAddress }).list("feed", minute(0), rows);
const bot = (ip: string) => ({ ip, at: minute(-5).toISOString(), category: "botnet" });

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 100 });
});
afterAll(() => db.drop());

test("a report about the provider's own resolver names nobody, even where a session seems to hold its address", async () => {
  await customerAt(db.database, "alice", "203.0.113.53", minute(-600));
  const answer = await report(bot("203.0.113.53"), bot("198.51.100.7"));
  expect(answer).toMatchObject({ accepted: 2, rejected: [] });
  expect(await measuresOf(db.database, "alice")).toEqual([]);
  const stored = await db.database.query(
    "select verdict, subscriber_id, verdict_reason like '%own addresses%' as told from observation order by id",
  );
  expect(stored).toEqual([
    { verdict: "ambiguous", subscriber_id: null, told: true },
    { verdict: "ambiguous", subscriber_id: null, told: true },
  ]);
  const cases = await db.database.query("select subscriber_id, state, withheld from subscriber_case order by id");
  expect(cases).toEqual([
    { subscriber_id: null, state: "open", withheld: "ambiguous" },
    { subscriber_id: null, state: "open", withheld: "ambiguous" },
  ]);
});

test("a customer beside it is named as ever", async () => {
  await customerAt(db.database, "bob", "203.0.113.54", minute(-600));
  await report(bot("203.0.113.54"));
  expect(await measuresOf(db.database, "bob")).toMatchObject([{ kind: "walled-garden", state: "active" }]);
});

test("a sensor's alert that leaves the end open is about the customer who asked the resolver", async () => {
  await putSource(db.database, { id: "sensor", kind: "monitoring", trust: 100 });
  await customerAt(db.database, "carol", "203.0.113.55", minute(-600));
  const alert = {
    timestamp: minute(-5).toISOString(),
    event_type: "alert",
    src_ip: "203.0.113.53",
    src_port: 53,
    dest_ip: "203.0.113.55",
    dest_port: 40_000,
    proto: "UDP",
    flow: { pkts_toserver: 1, pkts_toclient: 1 },
    alert: {
      action: "allowed",
      signature_id: 2_027_863,
      signature: "ET MALWARE Query to a known command and control domain",
      category: "A Network Trojan was detected",
      severity: 1,
    },
  };
  await reporterOn(db.database, { isOwnAddress }).post({
    sourceId: "sensor",
    now: minute(0),
    contentType: "application/x-ndjson",
    body: Buffer.from(`${JSON.stringify(alert)}\n`),
  });
  expect(await db.database.query("select verdict, subscriber_id from observation where source_id = 'sensor'")).toEqual([
    { verdict: "exact", subscriber_id: "carol" },
  ]);
});
