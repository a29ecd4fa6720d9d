import { afterAll, beforeAll, expect, test } from "vitest";
import { putSource } from "../../../src/intake/source-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt, session, subscriber } from "./customers.ts";
import { measuresOf, reporterOn, timelineOf } from "./reporter.ts";

let db: TestDatabase;
const now = new Date("2026-11-20T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const reporter = () => reporterOn(db.database);

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 90 });
  await putSource(db.database, { id: "rumour", kind: "third-party", trust: 79 });
  await putSource(db.database, { id: "ids", kind: "monitoring", trust: 95 });
});
afterAll(() => db.drop());

test("a trusted report of a bot gardens the customer who held the address, and says why", async () => {
  const sessionId = await customerAt(db.database, "alice", "203.0.113.1", ago(60));
  const answer = await reporter().list("feed", now, [
    { ip: "203.0.113.1", port: 4711, protocol: "tcp", at: ago(5).toISOString(), category: "botnet", name: "virut" },
  ]);
  expect(answer).toMatchObject({ accepted: 1, duplicates: 0, rejected: [], cases: [expect.any(String)] });
  const [caseId = ""] = answer.cases;
  expect(await measuresOf(db.database, "alice")).toEqual([
    { subscriber_id: "alice", kind: "walled-garden", state: "active", case_id: caseId },
  ]);
  const jobs = await db.database.query("select session_id::text from enforcement_job where subscriber_id = 'alice'");
  expect(jobs).toEqual([{ session_id: sessionId }]);
  expect((await timelineOf(db.database, caseId)).map(({ kind, actor }) => [kind, actor])).toEqual([
    ["opened", "source:feed"],
    ["measure-ordered", "playbook:botnet"],
  ]);
});
