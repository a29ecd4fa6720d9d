import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { explainCase } from "../../../../src/response/explain-case.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/test-database.ts";
import { session, subscriber } from "../../response/customers.ts";
import { reporterOn } from "../../response/reporter.ts";
import { caseBench } from "./case-bench.ts";
import { DAY_MS, daysAgo, now, runRetention } from "./retention-bench.ts";

const HOUR_MS = 60 * 60 * 1000;

let db: TestDatabase;
let bench: ReturnType<typeof caseBench>;
beforeAll(async () => {
  db = await createTestDatabase();
  bench = caseBench(db.database);
});
afterAll(() => db.drop());
beforeEach(() => bench.reset());

describe("a closed case", () => {
  test("goes with its timeline, its observations and their report, its measures and what was sent, and not a day early", async () => {
    const old = await bench.reported("old", "192.0.2.1", daysAgo(230));
    const young = await bench.reported("young", "192.0.2.2", daysAgo(230));
    await bench.loggedOut(old.sessionId, daysAgo(210));
    await bench.loggedOut(young.sessionId, daysAgo(210));
    await bench.say(old.caseId, "close", daysAgo(201));
    await bench.say(young.caseId, "close", daysAgo(199));
    expect(await runRetention(db.database)).toMatchObject({
      casesRemoved: 1,
      observationsRemoved: 1,
      reportsRemoved: 1,
      measuresRemoved: 1,
      enforcementsRemoved: 1,
      casesOverdue: 0,
      observationsOverdue: 0,
      reportsOverdue: 0,
      measuresOverdue: 0,
      enforcementsOverdue: 0,
    });
    expect(await explainCase(db.database, old.caseId)).toBeUndefined();
    const explained = await explainCase(db.database, young.caseId);
    expect(explained?.timeline.map(({ kind }) => kind)).toEqual([
      "opened",
      "measure-ordered",
      "closed",
      "measure-lifted",
    ]);
    expect(explained?.chain).toMatchObject([
      { report: { id: young.reportId }, measure: { enforcements: [{ request: "2b" }] } },
    ]);
    expect(await bench.counts("subscriber_case", "observation", "report", "measure", "enforcement")).toEqual([
      1, 1, 1, 1, 1,
    ]);
  });

  test("takes its sessions' time, not its own, to lose those", async () => {
    const { caseId, sessionId } = await bench.reported("alice", "192.0.2.1", daysAgo(150));
    await bench.loggedOut(sessionId, daysAgo(149));
    await bench.say(caseId, "close", daysAgo(148));
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 1, casesRemoved: 0 });
    expect(await explainCase(db.database, caseId)).toMatchObject({ chain: [{ observation: { session: sessionId } }] });
  });

  test("that has thousands of observations goes all the same, in several transactions", async () => {
    const { caseId, sessionId } = await bench.reported("alice", "192.0.2.1", daysAgo(230));
    await bench.loggedOut(sessionId, daysAgo(220));
    // In a report that came late, and is to stay for longer than the case.
    await db.database.query(
      `with late as (
         insert into report (id, source_id, received_at, format, sha256, byte_count)
         values (gen_random_uuid(), 'feed', $2, 'native', '', 1) returning id)
       insert into observation (report_id, row_number, source_id, fingerprint, observed_at, ip, category, severity, verdict,
         verdict_reason, subscriber_id, case_id, received_at)
       select late.id, number, 'feed', 'f' || number, $2, '192.0.2.1', 'botnet', 'high', 'exact', 'x', 'alice', $1, $2
       from late, generate_series(1, 12000) as number`,
      [caseId, daysAgo(150)],
    );
    await bench.say(caseId, "close", daysAgo(210));
    expect(await runRetention(db.database)).toMatchObject({
      casesRemoved: 1,
      observationsRemoved: 12_001,
      reportsRemoved: 1,
    });
    expect(await bench.counts("subscriber_case", "case_event", "observation", "report")).toEqual([0, 0, 0, 1]);
  });

  test("that explains a measure which still stands stays", async () => {
    const { caseId } = await bench.reported("alice", "192.0.2.1", daysAgo(400));
    await db.database.query("update subscriber_case set state = 'closed', closed_at = $1", [daysAgo(390)]);
    expect(await runRetention(db.database)).toMatchObject({ casesRemoved: 0, casesKept: 1, casesOverdue: 0 });
    expect(await explainCase(db.database, caseId)).toMatchObject({ chain: [{ measure: { kind: "walled-garden" } }] });
  });
});

describe("an open case", () => {
  test("is explained by the very same words before and after, however old, though its customer logged out long ago", async () => {
    const { caseId, sessionId } = await bench.reported("alice", "192.0.2.1", daysAgo(900));
    await bench.loggedOut(sessionId, daysAgo(890));
    await db.database.query(`update session set observed = '{"Filter-Id": ["garden"]}' where id = $1`, [sessionId]);
    await bench.say(caseId, "release", daysAgo(880));
    await bench.say(caseId, "note", daysAgo(870));
    // What was sent reached another session of theirs, too.
    const next = await session(db.database, {
      subscriber: "alice",
      prefix: "192.0.2.5/32",
      from: daysAgo(890),
      to: daysAgo(885),
    });
    await db.database.query(
      `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, outcome)
       values ($1, 'alice', 'bng1', 'coa', 'session-start', $2, 'acknowledged')`,
      [next, daysAgo(889)],
    );
    await db.database.query(`update session set observed = '{"Filter-Id": ["again"]}' where id = $1`, [next]);
    const before = await explainCase(db.database, caseId);
    expect(before?.chain[0]?.measure?.enforcements).toMatchObject([
      { observed: { "Filter-Id": ["garden"] } },
      { observed: { "Filter-Id": ["again"] } },
    ]);
    const findings = await runRetention(db.database);
    expect(await explainCase(db.database, caseId)).toEqual(before);
    expect(findings).toMatchObject({
      sessionsKept: 2,
      observationsKept: 1,
      reportsKept: 1,
      measuresKept: 1,
      enforcementsKept: 2,
      sessionsOverdue: 0,
      observationsOverdue: 0,
      reportsOverdue: 0,
      measuresOverdue: 0,
      enforcementsOverdue: 0,
    });
  });

  test("keeps no other session of its customer", async () => {
    const { sessionId } = await bench.reported("alice", "192.0.2.1", daysAgo(300));
    await bench.loggedOut(sessionId, daysAgo(290));
    await session(db.database, { subscriber: "alice", prefix: "192.0.2.9/32", from: daysAgo(280), to: daysAgo(270) });
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 1, sessionsKept: 1 });
    expect(await db.database.query("select id from session")).toEqual([{ id: sessionId }]);
  });

  test("of which nobody knows whose it is keeps the sessions of all who may be", async () => {
    for (const name of ["one", "two"]) {
      await subscriber(db.database, name);
      await session(db.database, {
        subscriber: name,
        prefix: "192.0.2.1/32",
        from: daysAgo(310),
        to: daysAgo(290),
        nas: name,
      });
    }
    const row = { ip: "192.0.2.1", at: daysAgo(300).toISOString(), category: "botnet" };
    await reporterOn(db.database).list("feed", daysAgo(300), [row]);
    expect(await bench.count("subscriber_case where subscriber_id is null")).toBe(1);
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 0, sessionsKept: 2 });
  });

  test("keeps a measure of another case that its timeline names", async () => {
    const first = await bench.reported("alice", "192.0.2.1", daysAgo(400));
    const row = { ip: "192.0.2.1", at: daysAgo(399).toISOString(), category: "brute-force" };
    const second = await reporterOn(db.database).list("feed", new Date(daysAgo(399).getTime() + HOUR_MS), [row]);
    await bench.say(first.caseId, "close", daysAgo(380));
    const measureOf = async () => (await explainCase(db.database, second.cases[0]!))?.chain[0]?.measure;
    const before = await measureOf();
    expect(before).toMatchObject({ case: first.caseId });
    expect(await runRetention(db.database)).toMatchObject({ casesRemoved: 1 });
    expect(await measureOf()).toEqual(before);
  });
});

test("0 days for cases keep all of it, and sessions still go", async () => {
  const { caseId, sessionId } = await bench.reported("alice", "192.0.2.1", daysAgo(2_000));
  await bench.loggedOut(sessionId, daysAgo(1_990));
  await bench.say(caseId, "close", daysAgo(1_980));
  const findings = await runRetention(db.database, { retention: { sessionDays: 100, caseDays: 0 } });
  expect(findings).toMatchObject({ sessionsRemoved: 1 });
  expect(findings).not.toHaveProperty("casesRemoved");
  expect(await bench.counts("subscriber_case", "observation", "report", "measure", "enforcement")).toEqual([
    1, 1, 1, 1, 1,
  ]);
});

test("a recurrence is still told by the closed case that came before, as long as evidence may speak of it", async () => {
  const { caseId } = await bench.reported("alice", "192.0.2.1", daysAgo(20));
  await bench.say(caseId, "close", daysAgo(13));
  await runRetention(db.database, { retention: { sessionDays: 14, caseDays: 14 } });
  // from before the closing: late, and nothing for a new case
  const late = { ip: "192.0.2.1", at: new Date(now.getTime() - 13.5 * DAY_MS).toISOString(), category: "botnet" };
  expect((await reporterOn(db.database).list("feed", now, [late])).cases).toEqual([caseId]);
});
