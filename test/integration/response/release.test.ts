import { afterAll, beforeAll, expect, test } from "vitest";
import { approveMeasure } from "../../../src/enforcement/approve-measure.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { putSource } from "../../../src/intake/source-store.ts";
import { builtInPlaybook } from "../../../src/policy/built-in-playbooks.ts";
import { caseById } from "../../../src/response/case-view-store.ts";
import type { PersonEvent } from "../../../src/response/person-event.ts";
import { postCaseEvent } from "../../../src/response/post-case-event.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt } from "./customers.ts";
import { measuresOf, reporterOn, timelineOf } from "./reporter.ts";

let db: TestDatabase;
const start = Date.UTC(2026, 10, 20, 12);
const minute = (minutes: number) => new Date(start + minutes * 60_000);
const bot = (ip: string, at: Date, more: object = {}) => ({ ip, at: at.toISOString(), category: "botnet", ...more });
const dependencies = {
  playbookFor: builtInPlaybook,
  impossibleHere: new Set<string>(),
  orderMeasure,
  liftMeasure,
  approveMeasure,
};

const report = async (at: Date, ...rows: object[]) => {
  const answer = await reporterOn(db.database).list("feed", at, rows);
  return answer.cases[0] ?? "";
};
const say = (caseId: string, type: PersonEvent["type"], now: Date, note?: string) =>
  db.database.transaction((trx) => postCaseEvent(trx, dependencies, { caseId, type, by: "key:helpdesk", note, now }));
const kinds = async (caseId: string) => (await timelineOf(db.database, caseId)).map(({ kind }) => kind);
const states = async (subscriberId: string) => (await measuresOf(db.database, subscriberId)).map(({ state }) => state);

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 90 });
});
afterAll(() => db.drop());

test("a release lifts the garden and watches; evidence from before it gardens nobody again, newer evidence does", async () => {
  await customerAt(db.database, "alice", "203.0.113.1", minute(-600));
  const caseId = await report(minute(0), bot("203.0.113.1", minute(-5)));
  await say(caseId, "release", minute(10), "cleaned, customer called");
  expect(await states("alice")).toEqual(["lifted"]);
  expect(await caseById(db.database, caseId)).toMatchObject({ state: "watching", releasedAt: minute(10) });
  expect(await report(minute(20), bot("203.0.113.1", minute(9)))).toBe(caseId);
  expect(await states("alice")).toEqual(["lifted"]);
  expect(await caseById(db.database, caseId)).toMatchObject({ state: "watching" });
  expect(await report(minute(30), bot("203.0.113.1", minute(8)), bot("203.0.113.1", minute(25)))).toBe(caseId);
  expect(await states("alice")).toEqual(["lifted", "active"]);
  expect(await kinds(caseId)).toEqual([
    "opened",
    "measure-ordered",
    "released",
    "measure-lifted",
    "late-evidence",
    "recurred",
    "measure-ordered",
  ]);
});

test("what a person lifted by hand stays lifted until there is newer evidence", async () => {
  await customerAt(db.database, "bob", "203.0.113.2", minute(-600));
  const caseId = await report(minute(0), bot("203.0.113.2", minute(-5)));
  await db.database.transaction((trx) =>
    liftMeasure(trx, { subscriberId: "bob", kind: "walled-garden", by: "key:helpdesk", now: minute(10) }),
  );
  await report(minute(20), bot("203.0.113.2", minute(-3)));
  expect(await states("bob")).toEqual(["lifted"]);
  expect(await caseById(db.database, caseId)).toMatchObject({ state: "open", withheld: "evidence-before-release" });
  await report(minute(30), bot("203.0.113.2", minute(11)));
  expect(await states("bob")).toEqual(["lifted", "active"]);
});

test("a closed case lifts its measures, takes late evidence, and leaves new evidence to a new case", async () => {
  await customerAt(db.database, "carol", "203.0.113.3", minute(-600));
  const first = await report(minute(0), bot("203.0.113.3", minute(-5)));
  await say(first, "close", minute(10));
  expect(await states("carol")).toEqual(["lifted"]);
  expect(await caseById(db.database, first)).toMatchObject({ state: "closed", closedAt: minute(10) });
  expect(await report(minute(20), bot("203.0.113.3", minute(-4)))).toBe(first);
  expect(await caseById(db.database, first)).toMatchObject({ state: "closed", observations: [{}, {}] });
  const second = await report(minute(30), bot("203.0.113.3", minute(29)));
  expect(second).not.toBe(first);
  expect(await states("carol")).toEqual(["lifted", "active"]);
  await expect(say(first, "reopen", minute(31))).rejects.toMatchObject({ code: "not-possible-now" });
  await say(second, "close", minute(32));
  await say(first, "reopen", minute(33));
  expect(await caseById(db.database, first)).toMatchObject({ state: "open", closedAt: null });
});

test("the end of one matter leaves the garden to another one that needs it", async () => {
  await customerAt(db.database, "dave", "203.0.113.4", minute(-600));
  const caseOfBot = await report(minute(0), bot("203.0.113.4", minute(-5)));
  const caseOfGuessing = await report(minute(1), bot("203.0.113.4", minute(-4), { category: "brute-force" }));
  expect(await states("dave")).toEqual(["active"]);
  await say(caseOfBot, "release", minute(10));
  expect(await measuresOf(db.database, "dave")).toMatchObject([
    { state: "lifted", case_id: caseOfBot },
    { state: "active", case_id: caseOfGuessing },
  ]);
  await say(caseOfGuessing, "release", minute(11));
  expect(await states("dave")).toEqual(["lifted", "lifted"]);
});

test("a case on hold gets no measure by itself; a person may escalate to the next stage", async () => {
  await customerAt(db.database, "erin", "203.0.113.5", minute(-600));
  const caseId = await report(minute(0), bot("203.0.113.5", minute(-5)));
  await say(caseId, "hold", minute(1));
  await db.database.transaction((trx) =>
    liftMeasure(trx, { subscriberId: "erin", kind: "walled-garden", by: "key:helpdesk", now: minute(2) }),
  );
  await report(minute(5), bot("203.0.113.5", minute(4)));
  expect(await caseById(db.database, caseId)).toMatchObject({ state: "on-hold", withheld: "case-on-hold" });
  await say(caseId, "resume", minute(6));
  await say(caseId, "escalate", minute(7));
  expect(await measuresOf(db.database, "erin")).toMatchObject([
    { kind: "walled-garden", state: "lifted" },
    { kind: "suspend", state: "active" },
  ]);
  expect(await caseById(db.database, caseId)).toMatchObject({ stage: "suspend", withheld: null });
  await expect(say(caseId, "escalate", minute(8))).rejects.toMatchObject({ code: "not-possible-now" });
});

test("a stage whose measure can do nothing here is neither ordered by a report nor reached by a person", async () => {
  await customerAt(db.database, "hugo", "203.0.113.8", minute(-600));
  const impossibleHere = new Set(["walled-garden", "suspend"]);
  const reporter = reporterOn(db.database, { impossibleHere });
  const [caseId = ""] = (await reporter.list("feed", minute(0), [bot("203.0.113.8", minute(-5))])).cases;
  expect(await states("hugo")).toEqual([]);
  expect(await caseById(db.database, caseId)).toMatchObject({ withheld: "not-possible-here" });
  const escalating = db.database.transaction((trx) =>
    postCaseEvent(
      trx,
      { ...dependencies, impossibleHere },
      { caseId, type: "escalate", by: "key:helpdesk", now: minute(1) },
    ),
  );
  await expect(escalating).rejects.toMatchObject({ code: "not-possible-now" });
});

test("a breaker that holds a measure is told in the case, and approving the case lets it through", async () => {
  await putSource(db.database, { id: "mad", kind: "third-party", trust: 90 });
  await db.database.query("insert into breaker (id, limit_count) values ('source:mad', 0)");
  await customerAt(db.database, "frank", "203.0.113.6", minute(-600));
  const answer = await reporterOn(db.database).list("mad", minute(0), [bot("203.0.113.6", minute(-5))]);
  const [caseId = ""] = answer.cases;
  expect(await states("frank")).toEqual(["held"]);
  expect(await kinds(caseId)).toEqual(["opened", "measure-held"]);
  await say(caseId, "approve", minute(1));
  expect(await states("frank")).toEqual(["active"]);
  await expect(say(caseId, "approve", minute(2))).rejects.toMatchObject({ code: "not-possible-now" });
});

test("what cannot happen to a case is refused and changes nothing", async () => {
  await customerAt(db.database, "grace", "203.0.113.7", minute(-600));
  const caseId = await report(minute(0), bot("203.0.113.7", minute(-5)));
  await expect(say(caseId, "resume", minute(1))).rejects.toMatchObject({ code: "not-possible-now" });
  await expect(say(caseId, "reopen", minute(1))).rejects.toMatchObject({ code: "not-possible-now" });
  await expect(say("999999", "note", minute(1))).rejects.toMatchObject({ code: "unknown-case" });
  await expect(say("1; drop table", "note", minute(1))).rejects.toMatchObject({ code: "unknown-case" });
  await say(caseId, "note", minute(1), "called, no answer");
  expect(await timelineOf(db.database, caseId)).toMatchObject([
    { kind: "opened" },
    { kind: "measure-ordered" },
    { kind: "note", actor: "key:helpdesk", note: "called, no answer" },
  ]);
});
