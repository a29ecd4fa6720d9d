import { afterAll, beforeAll, expect, test } from "vitest";
import { putSource } from "../../../src/intake/source-store.ts";
import { explainCase } from "../../../src/response/explain-case.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt } from "./customers.ts";
import { reporterOn } from "./reporter.ts";

let db: TestDatabase;
const now = new Date("2026-11-20T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 90 });
});
afterAll(() => db.drop());

test("a case is explained from the report's row to the octets and what accounting shows", async () => {
  const sessionId = await customerAt(db.database, "alice", "203.0.113.1", ago(60));
  const answer = await reporterOn(db.database).list("feed", now, [
    { ip: "nonsense" },
    { ip: "203.0.113.1", port: 4711, at: ago(5).toISOString(), category: "botnet", name: "virut" },
  ]);
  const [caseId = ""] = answer.cases;
  await db.database.query(
    `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, sent_at, answered_at, attempts,
       request, response, outcome) values ($1, 'alice', 'bng1', 'coa', 'walled-garden', $2, $2, $2, 1, '\\x2b01', '\\x2c01', 'acknowledged')`,
    [sessionId, new Date(now.getTime() + 5)],
  );
  await db.database.query(`update session set observed = '{"Filter-Id": ["garden"]}' where id = $1`, [sessionId]);
  const explained = await explainCase(db.database, caseId);
  expect(explained).toMatchObject({
    case: { id: caseId, subscriber: "alice", category: "botnet" },
    chain: [
      {
        report: {
          id: answer.id,
          source: "feed",
          sourceTrust: 90,
          format: "native",
          row: 2,
          sha256: expect.any(String),
        },
        observation: { ip: "203.0.113.1", port: 4711, name: "virut" },
        attribution: {
          verdict: "exact",
          subscriber: "alice",
          session: sessionId,
          reason: expect.stringContaining("alice"),
        },
        rule: { decision: "measure-ordered", playbook: "botnet", version: 1, stage: "walled-garden", why: null },
        measure: {
          kind: "walled-garden",
          state: "pending",
          enforcements: [
            {
              kind: "coa",
              request: "2b01",
              response: "2c01",
              outcome: "acknowledged",
              observed: { "Filter-Id": ["garden"] },
            },
          ],
        },
      },
    ],
    otherMeasures: [],
  });
  expect(explained?.timeline.find(({ kind }) => kind === "measure-ordered")?.detail).toMatchObject({
    measureState: "pending",
  });
});

test("an observation that led to nothing says why", async () => {
  await customerAt(db.database, "bob", "203.0.113.2", ago(60), { protections: ["medical"] });
  const row = { ip: "203.0.113.2", category: "botnet" };
  const answer = await reporterOn(db.database).list("feed", now, [{ ...row, at: ago(5).toISOString() }]);
  await reporterOn(db.database).list("feed", now, [{ ...row, at: ago(4).toISOString() }]);
  const explained = await explainCase(db.database, answer.cases[0] ?? "");
  expect(explained?.chain).toMatchObject([
    { rule: null, measure: null },
    {
      rule: { decision: "measure-withheld", why: "protected-line", note: expect.stringContaining("medical") },
      measure: null,
    },
  ]);
});

test("there is nothing to explain of a case that is not there", async () => {
  expect(await explainCase(db.database, "4711")).toBeUndefined();
  expect(await explainCase(db.database, "x")).toBeUndefined();
});
