import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { approveMeasure } from "../../../../src/enforcement/approve-measure.ts";
import { liftMeasure } from "../../../../src/enforcement/lift-measure.ts";
import { orderMeasure } from "../../../../src/enforcement/order-measure.ts";
import { putSource } from "../../../../src/intake/source-store.ts";
import { builtInPlaybook } from "../../../../src/policy/built-in-playbooks.ts";
import { explainCase } from "../../../../src/response/explain-case.ts";
import { postCaseEvent } from "../../../../src/response/post-case-event.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/test-database.ts";
import { customerAt, session, subscriber } from "../../response/customers.ts";
import { reporterOn } from "../../response/reporter.ts";
import { DAY_MS, daysAgo, emptied, now, runRetention } from "./retention-bench.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.database.query(`truncate ${emptied} cascade`);
  await db.database.query("insert into breaker (id) values ('base')");
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 90 });
});

const count = async (table: string): Promise<number> =>
  (await db.database.query<{ count: number }>(`select count(*)::int as count from ${table}`))[0]!.count;
const counts = async (...tables: string[]): Promise<number[]> => {
  const found: number[] = [];
  for (const table of tables) found.push(await count(table));
  return found;
};
const hour = 60 * 60 * 1000;

/** A customer, reported at that time, with a case and a measure of it, and the request that was sent for it. */
async function reported(name: string, address: string, at: Date) {
  const sessionId = await customerAt(db.database, name, address, new Date(at.getTime() - hour));
  const row = { ip: address, at: new Date(at.getTime() - 60_000).toISOString(), category: "botnet" };
  const { cases, id } = await reporterOn(db.database).list("feed", at, [row]);
  await db.database.query(
    `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, outcome, request)
     values ($1, $2, 'bng1', 'coa', 'walled-garden', $3, 'acknowledged', '\\x2b')`,
    [sessionId, name, new Date(at.getTime() + 1000)],
  );
  return { caseId: cases[0]!, reportId: id, sessionId };
}

const say = (caseId: string, type: "close" | "release" | "note", at: Date) =>
  db.database.transaction((trx) =>
    postCaseEvent(
      trx,
      { playbookFor: builtInPlaybook, impossibleHere: new Set(), orderMeasure, liftMeasure, approveMeasure },
      { caseId, type, by: "key:test", now: at },
    ),
  );

/** The customer's session ends then, and they have another one since. */
async function loggedOut(sessionId: string, at: Date) {
  await db.database.query("update session set stopped_at = $2, last_seen_at = $2, last_event_at = $2 where id = $1", [
    sessionId,
    at,
  ]);
  await db.database.query("update address_interval set held_until = $2 where session_id = $1", [sessionId, at]);
  await db.database.query("delete from enforcement_job where session_id = $1", [sessionId]);
}

describe("a closed case", () => {
  test("goes with its timeline, its observations and their report, its measures and what was sent, and not a day early", async () => {
    const old = await reported("old", "192.0.2.1", daysAgo(230));
    const young = await reported("young", "192.0.2.2", daysAgo(230));
    await loggedOut(old.sessionId, daysAgo(210));
    await loggedOut(young.sessionId, daysAgo(210));
    await say(old.caseId, "close", daysAgo(201));
    await say(young.caseId, "close", daysAgo(199));
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
    expect(await counts("subscriber_case", "observation", "report", "measure", "enforcement")).toEqual([1, 1, 1, 1, 1]);
  });

  test("takes its sessions' time, not its own, to lose those", async () => {
    const { caseId, sessionId } = await reported("alice", "192.0.2.1", daysAgo(150));
    await loggedOut(sessionId, daysAgo(149));
    await say(caseId, "close", daysAgo(148));
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 1, casesRemoved: 0 });
    expect(await explainCase(db.database, caseId)).toMatchObject({ chain: [{ observation: { session: sessionId } }] });
  });

  test("that has thousands of observations goes all the same, in several transactions", async () => {
    const { caseId, reportId, sessionId } = await reported("alice", "192.0.2.1", daysAgo(230));
    await loggedOut(sessionId, daysAgo(220));
    await db.database.query(
      `insert into observation (report_id, row_number, source_id, fingerprint, observed_at, ip, category, severity, verdict,
         verdict_reason, subscriber_id, case_id, received_at)
       select $1, number, 'feed', 'f' || number, $3, '192.0.2.1', 'botnet', 'high', 'exact', 'x', 'alice', $2, $3
       from generate_series(1, 12000) as number`,
      [reportId, caseId, daysAgo(230)],
    );
    await say(caseId, "close", daysAgo(210));
    expect(await runRetention(db.database)).toMatchObject({
      casesRemoved: 1,
      observationsRemoved: 12_001,
      reportsRemoved: 1,
    });
    expect(await counts("subscriber_case", "case_event", "observation", "report")).toEqual([0, 0, 0, 0]);
  });

  test("that explains a measure which still stands stays", async () => {
    const { caseId } = await reported("alice", "192.0.2.1", daysAgo(400));
    await db.database.query("update subscriber_case set state = 'closed', closed_at = $1", [daysAgo(390)]);
    expect(await runRetention(db.database)).toMatchObject({ casesRemoved: 0, casesKept: 1, casesOverdue: 0 });
    expect(await explainCase(db.database, caseId)).toMatchObject({ chain: [{ measure: { kind: "walled-garden" } }] });
  });
});

describe("an open case", () => {
  test("is explained by the very same words before and after, however old, though its customer logged out long ago", async () => {
    const { caseId, sessionId } = await reported("alice", "192.0.2.1", daysAgo(900));
    await loggedOut(sessionId, daysAgo(890));
    await db.database.query(`update session set observed = '{"Filter-Id": ["garden"]}' where id = $1`, [sessionId]);
    await say(caseId, "release", daysAgo(880));
    await say(caseId, "note", daysAgo(870));
    const before = await explainCase(db.database, caseId);
    expect(before?.chain[0]?.measure?.enforcements).toMatchObject([{ observed: { "Filter-Id": ["garden"] } }]);
    const findings = await runRetention(db.database);
    expect(await explainCase(db.database, caseId)).toEqual(before);
    expect(findings).toMatchObject({
      sessionsKept: 1,
      observationsKept: 1,
      reportsKept: 1,
      measuresKept: 1,
      enforcementsKept: 1,
      sessionsOverdue: 0,
      observationsOverdue: 0,
      reportsOverdue: 0,
      measuresOverdue: 0,
      enforcementsOverdue: 0,
    });
  });

  test("keeps no other session of its customer", async () => {
    const { sessionId } = await reported("alice", "192.0.2.1", daysAgo(300));
    await loggedOut(sessionId, daysAgo(290));
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
    expect(await count("subscriber_case where subscriber_id is null")).toBe(1);
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 0, sessionsKept: 2 });
  });

  test("keeps a measure of another case that its timeline names", async () => {
    const first = await reported("alice", "192.0.2.1", daysAgo(400));
    const row = { ip: "192.0.2.1", at: daysAgo(399).toISOString(), category: "brute-force" };
    const second = await reporterOn(db.database).list("feed", new Date(daysAgo(399).getTime() + hour), [row]);
    await say(first.caseId, "close", daysAgo(380));
    const measureOf = async () => (await explainCase(db.database, second.cases[0]!))?.chain[0]?.measure;
    const before = await measureOf();
    expect(before).toMatchObject({ case: first.caseId });
    expect(await runRetention(db.database)).toMatchObject({ casesRemoved: 1 });
    expect(await measureOf()).toEqual(before);
  });
});

describe("measures and what was sent for them", () => {
  const ordered = async (name: string, orderedAt: Date, liftedAt?: Date) => {
    const [row] = await db.database.query<{ id: string }>(
      `insert into measure (subscriber_id, kind, reason, ordered_by, ordered_at, state, lifted_at, is_counted)
       values ($1, 'suspend', 'x', 'key:x', $2, $3, $4, true) returning id`,
      [name, orderedAt, liftedAt ? "lifted" : "active", liftedAt ?? null],
    );
    return row!.id;
  };
  const sent = (name: string, at: Date, sessionId: string | null = null, outcome: string | null = "acknowledged") =>
    db.database.query(
      `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, outcome)
       values ($1, $2, 'bng1', 'coa', 'x', $3, $4)`,
      [sessionId, name, at, outcome],
    );

  test("a measure goes by its end, and what was sent for it goes with it", async () => {
    await ordered("old", daysAgo(500), daysAgo(201));
    await sent("old", daysAgo(499));
    await ordered("young", daysAgo(500), daysAgo(199));
    await sent("young", daysAgo(499));
    await sent("nobody's", daysAgo(201));
    await sent("nobody's", daysAgo(199));
    expect(await runRetention(db.database)).toMatchObject({
      measuresRemoved: 1,
      enforcementsRemoved: 2,
      enforcementsKept: 1,
    });
    expect(await db.database.query("select subscriber_id from measure")).toEqual([{ subscriber_id: "young" }]);
    expect(await db.database.query("select subscriber_id from enforcement order by id")).toEqual([
      { subscriber_id: "young" },
      { subscriber_id: "nobody's" },
    ]);
  });

  test("one that stands stays, with what was sent for it and the session that got it", async () => {
    await ordered("alice", daysAgo(2_000));
    await subscriber(db.database, "alice");
    const got = await session(db.database, {
      subscriber: "alice",
      prefix: "192.0.2.1/32",
      from: daysAgo(2_010),
      to: daysAgo(1_990),
    });
    await sent("alice", daysAgo(1_999), got);
    expect(await runRetention(db.database)).toMatchObject({ measuresKept: 0, enforcementsKept: 1, sessionsKept: 1 });
    expect(await counts("measure", "enforcement", "session")).toEqual([1, 1, 1]);
  });

  test("what was sent to an open session stays, and what has no outcome yet", async () => {
    const open = await customerAt(db.database, "alice", "192.0.2.1", daysAgo(1_000));
    await sent("alice", daysAgo(999), open);
    await sent("bob", daysAgo(999), null, null);
    expect(await runRetention(db.database)).toMatchObject({
      enforcementsRemoved: 0,
      enforcementsKept: 2,
      enforcementsOverdue: 0,
    });
  });

  test("a measure that a breaker still counts stays", async () => {
    await ordered("alice", daysAgo(290), daysAgo(280));
    await db.database.query("update breaker set window_seconds = 300 * 86400 where id = 'base'");
    expect(await runRetention(db.database)).toMatchObject({ measuresRemoved: 0, measuresOverdue: 0 });
    await db.database.query("update breaker set window_seconds = 3600 where id = 'base'");
    expect(await runRetention(db.database)).toMatchObject({ measuresRemoved: 1 });
  });
});

describe("a report", () => {
  const nobody = { ip: "198.51.100.1", category: "botnet" };
  const at = (days: number) => ({ ...nobody, at: daysAgo(days + 0.1).toISOString() });

  test("about addresses that nobody held goes by when it came, and one of which all was refused", async () => {
    const reporter = reporterOn(db.database);
    await reporter.list("feed", daysAgo(201), [at(201), { ip: "nonsense" }]);
    await reporter.list("feed", daysAgo(201), [{ ip: "nonsense" }]);
    const young = await reporter.list("feed", daysAgo(199), [at(199)]);
    expect(await runRetention(db.database)).toMatchObject({ reportsRemoved: 2, observationsRemoved: 1 });
    expect(await db.database.query("select id from report")).toEqual([{ id: young.id }]);
  });

  test("of which an observation is in an open case stays, and loses the others", async () => {
    await customerAt(db.database, "alice", "192.0.2.1", daysAgo(301));
    const mixed = [{ ...at(300), ip: "192.0.2.1" }, at(300)];
    const { id, cases } = await reporterOn(db.database).list("feed", daysAgo(300), mixed);
    expect(await runRetention(db.database)).toMatchObject({ reportsRemoved: 0, observationsRemoved: 1 });
    expect(await explainCase(db.database, cases[0]!)).toMatchObject({ chain: [{ report: { id, row: 1 } }] });
    expect(await count("observation")).toBe(1);
  });

  test("with thousands of rows goes all the same", async () => {
    const id = randomUUID();
    await db.database.query(
      "insert into report (id, source_id, received_at, format, sha256, byte_count) values ($1, 'feed', $2, 'native', '', 1)",
      [id, daysAgo(300)],
    );
    await db.database.query(
      `insert into observation (report_id, row_number, source_id, fingerprint, observed_at, ip, category, severity, verdict,
         verdict_reason, received_at)
       select $1, number, 'feed', 'f' || number, $2, '198.51.100.1', 'botnet', 'high', 'none', 'x', $2
       from generate_series(1, 11000) as number`,
      [id, daysAgo(300)],
    );
    expect(await runRetention(db.database)).toMatchObject({ reportsRemoved: 1, observationsRemoved: 11_000 });
  });
});

describe("an audit entry", () => {
  const entry = (subject: string, at: Date, actor = "key:x") =>
    db.database.query("insert into audit (at, actor, action, subject) values ($1, $2, 'x', $3)", [at, actor, subject]);
  const subjects = async () =>
    (await db.database.query<{ subject: string }>("select subject from audit where action = 'x' order by id")).map(
      ({ subject }) => subject,
    );

  test("goes by its age", async () => {
    await entry("nas:old", daysAgo(201));
    await entry("nas:young", daysAgo(199));
    expect(await runRetention(db.database)).toMatchObject({ auditEntriesRemoved: 1, auditEntriesOverdue: 0 });
    expect(await subjects()).toEqual(["nas:young"]);
  });

  test("about a case that is there, or an order that stands, stays", async () => {
    const { caseId } = await reported("alice", "192.0.2.1", daysAgo(300));
    await entry(`case:${caseId}`, daysAgo(299));
    await entry("case:4711", daysAgo(299));
    await entry("case:nonsense", daysAgo(299));
    await entry("subscriber:alice", daysAgo(301));
    await entry("subscriber:alice", daysAgo(299));
    expect(await runRetention(db.database)).toMatchObject({ auditEntriesRemoved: 3, auditEntriesKept: 2 });
    expect(await subjects()).toEqual([`case:${caseId}`, "subscriber:alice"]);
  });
});

test("0 days for cases keep all of it, and sessions still go", async () => {
  const { caseId, sessionId } = await reported("alice", "192.0.2.1", daysAgo(2_000));
  await loggedOut(sessionId, daysAgo(1_990));
  await say(caseId, "close", daysAgo(1_980));
  const findings = await runRetention(db.database, { retention: { sessionDays: 100, caseDays: 0 } });
  expect(findings).toMatchObject({ sessionsRemoved: 1 });
  expect(findings).not.toHaveProperty("casesRemoved");
  expect(await counts("subscriber_case", "observation", "report", "measure", "enforcement")).toEqual([1, 1, 1, 1, 1]);
});

test("a recurrence is still told by the closed case that came before, as long as evidence may speak of it", async () => {
  const { caseId } = await reported("alice", "192.0.2.1", daysAgo(20));
  await say(caseId, "close", daysAgo(13));
  await runRetention(db.database, { retention: { sessionDays: 14, caseDays: 14 } });
  // from before the closing: late, and nothing for a new case
  const late = { ip: "192.0.2.1", at: new Date(now.getTime() - 13.5 * DAY_MS).toISOString(), category: "botnet" };
  expect((await reporterOn(db.database).list("feed", now, [late])).cases).toEqual([caseId]);
});
