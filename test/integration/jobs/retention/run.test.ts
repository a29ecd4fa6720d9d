import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../../../src/database/database.ts";
import { retentionJob } from "../../../../src/jobs/retention-job.ts";
import { runJob } from "../../../../src/jobs/run-job.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/test-database.ts";
import { dropMonths } from "./accounting-bench.ts";
import { DAY_MS, daysAgo, emptied, never, now, retention, runRetention, silent } from "./retention-bench.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.database.query(`truncate ${emptied}, job_run cascade`);
  await dropMonths(db.database);
});

/** So many sessions that ended then, each of them with an address. */
const endedSessions = (count: number, at: Date) =>
  db.database.query(
    `with ended as (
       insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, stopped_at, username, subscriber_id)
       select 'bng1', gen_random_uuid()::text, $2, $2, $2, $2::timestamptz + number * interval '1 ms', 'alice', 'alice'
       from generate_series(1, $1::int) as number returning id, stopped_at)
     insert into address_interval (prefix, held_from, held_until, session_id, nas_id)
     select '192.0.2.1/32', ended.stopped_at - interval '1 hour', ended.stopped_at, ended.id, 'bng1' from ended`,
    [count, at],
  );

const closedCases = (count: number, at: Date) =>
  db.database.query(
    `insert into subscriber_case (subscriber_id, category, severity, state, opened_at, updated_at, closed_at)
     select 'alice', 'spam', 'low', 'closed', $2, $2, $2 from generate_series(1, $1::int)`,
    [count, at],
  );

/** A measure that ended, an attempt, an audit entry, and a report with an observation: all of 201 days ago. */
async function oldBelongings(): Promise<void> {
  const statements = [
    `insert into measure (subscriber_id, kind, reason, ordered_by, ordered_at, state, lifted_at)
     values ('alice', 'suspend', 'x', 'key:x', $1, 'lifted', $1)`,
    `insert into enforcement (subscriber_id, nas_id, kind, reason, requested_at, outcome)
     values ('bob', 'bng1', 'coa', 'x', $1, 'refused')`,
    "insert into audit (at, actor, action, subject) values ($1, 'key:x', 'x', 'nas:bng1')",
    `with feed as (insert into source (id, kind, trust) values ('feed', 'third-party', 90) returning id),
     came as (insert into report (id, source_id, received_at, format, sha256, byte_count)
       select gen_random_uuid(), feed.id, $1, 'native', '', 1 from feed returning id)
     insert into observation (report_id, row_number, source_id, fingerprint, observed_at, ip, category, severity, verdict,
       verdict_reason, received_at)
     select came.id, 1, 'feed', 'f', $1, '192.0.2.1', 'spam', 'low', 'none', 'x', $1 from came`,
  ];
  for (const statement of statements) await db.database.query(statement, [daysAgo(201)]);
}

const left = async (table: string): Promise<number> => (await db.database.query(`select from ${table}`)).length;
const removals = () =>
  db.database.query<{ at: Date; actor: string; subject: string; detail: Record<string, unknown> }>(
    "select at, actor, subject, detail from audit where action = 'retention.remove' order by id",
  );

describe("a run", () => {
  test("that finds nothing says 0 of each, and leaves no trace in the audit", async () => {
    await runRetention(db.database);
    expect(await runRetention(db.database)).toEqual({
      monthsMade: 0,
      monthsMissing: 0,
      monthsRemoved: 0,
      monthsKept: 0,
      monthsOverdue: 0,
      monthsOldestDays: expect.any(Number),
      straysKept: 0,
      straysOverdue: 0,
      intervalsRemoved: 0,
      subscribersRemoved: 0,
      cutShort: 0,
      ...Object.fromEntries(
        ["sessions", "cases", "observations", "measures", "enforcements", "reports", "auditEntries"].flatMap((kind) =>
          ["Removed", "Kept", "Overdue"].map((end) => [`${kind}${end}`, 0]),
        ),
      ),
    });
    expect(await removals()).toEqual([]);
  });

  test("that removes something is in the audit, with its limits and what went", async () => {
    await endedSessions(3, daysAgo(150));
    await closedCases(2, daysAgo(250));
    await runRetention(db.database);
    expect(await removals()).toEqual([
      {
        at: now,
        actor: "job:retention",
        subject: "job:retention",
        detail: {
          casesBefore: daysAgo(200).toISOString(),
          sessionsBefore: daysAgo(100).toISOString(),
          removed: expect.objectContaining({ sessions: 3, cases: 2, intervals: 3 }),
          months: expect.any(Array),
          overdue: {},
          isCutShort: false,
        },
      },
    ]);
  });

  test("names the months that it dropped", async () => {
    await runRetention(db.database, { at: new Date("2026-12-05T00:00:00Z") });
    await runRetention(db.database, { at: new Date("2027-05-15T00:00:00Z") });
    expect((await removals()).at(-1)?.detail).toMatchObject({ months: ["2026-12", "2027-01"] });
  });
});

describe("a run that is cut short", () => {
  test("by its bound says so, with what is overdue, and the next ones go on to the end", async () => {
    await endedSessions(25, daysAgo(150));
    await closedCases(5, daysAgo(250));
    const bounds = { most: 10, portion: 4 };
    const run = () => runRetention(db.database, { bounds });
    expect(await run()).toMatchObject({ cutShort: 1, sessionsRemoved: 12, sessionsOverdue: 13, casesRemoved: 5 });
    expect(await run()).toMatchObject({ cutShort: 1, sessionsRemoved: 12, sessionsOverdue: 1 });
    expect(await run()).toMatchObject({ cutShort: 0, sessionsRemoved: 1, sessionsOverdue: 0 });
    expect(await left("session")).toBe(0);
  });

  test("takes the oldest first", async () => {
    await endedSessions(4, daysAgo(150));
    await endedSessions(4, daysAgo(300));
    expect(await runRetention(db.database, { bounds: { most: 1, portion: 4 } })).toMatchObject({
      sessionsOldestDays: 150,
    });
  });

  test("gets past what is kept, however much that is", async () => {
    await endedSessions(20, daysAgo(300));
    await db.database.query("insert into legal_hold (subscriber_id, reason) values ('alice', 'court')");
    await endedSessions(5, daysAgo(150));
    await db.database.query("update session set subscriber_id = 'bob' where stopped_at > $1", [daysAgo(200)]);
    const findings = await runRetention(db.database, { bounds: { most: 5, portion: 4 } });
    expect(findings).toMatchObject({ sessionsRemoved: 5, sessionsKept: 20, sessionsOverdue: 0 });
  });

  test("since the node stops ends after the portion under way, and the next one goes on", async () => {
    await endedSessions(30, daysAgo(150));
    const stopping = new AbortController();
    const database: Pick<Database, "query" | "transaction"> = {
      query: (sql, values) => db.database.query(sql, values),
      transaction: async (work) => {
        const done = await db.database.transaction(work);
        if ((await left("session")) <= 22) stopping.abort();
        return done;
      },
    };
    const findings = await runRetention(database, { bounds: { most: 1_000, portion: 4 }, signal: stopping.signal });
    expect(findings).toMatchObject({ cutShort: 1 });
    expect(findings).not.toHaveProperty("sessionsOverdue");
    expect(await left("session")).toBe(22);
    expect(await runRetention(db.database)).toMatchObject({ cutShort: 0, sessionsRemoved: 22, sessionsOverdue: 0 });
    expect((await removals()).map(({ detail }) => detail["isCutShort"])).toEqual([true, false]);
  });

  test("by a lock that somebody holds does not wait for it", async () => {
    await endedSessions(3, daysAgo(150));
    await closedCases(2, daysAgo(250));
    const locked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const holding = db.database.transaction(async (trx) => {
      await trx.query("select from subscriber_case for update");
      locked.resolve();
      await gate.promise;
    });
    await locked.promise;
    try {
      expect(await runRetention(db.database)).toMatchObject({
        cutShort: 1,
        casesRemoved: 0,
        casesOverdue: 2,
        sessionsRemoved: 3,
      });
    } finally {
      gate.resolve();
      await holding;
    }
    expect(await runRetention(db.database)).toMatchObject({ cutShort: 0, casesRemoved: 2, casesOverdue: 0 });
  });
});

test("what should not be there after a whole run is told to a person", async () => {
  const told: unknown[] = [];
  const log = { warn: () => undefined, error: (given: unknown) => told.push(given) };
  await runRetention(db.database, { log });
  expect(told).toEqual([]);
  let isHidden = true;
  /** A database in which old records turn up between the removal and the proof. */
  const database: Pick<Database, "query" | "transaction"> = {
    transaction: (work) => db.database.transaction(work),
    query: async (sql, values) => {
      if (isHidden && sql.includes("as overdue")) {
        isHidden = false;
        await endedSessions(1, daysAgo(101));
        await closedCases(1, daysAgo(201));
        await oldBelongings();
      }
      return await db.database.query(sql, values);
    },
  };
  expect(await runRetention(database, { log })).toMatchObject({ sessionsOverdue: 1, cutShort: 0 });
  const each = ["sessions", "strays", "cases", "measures", "enforcements", "observations", "reports", "auditEntries"];
  expect(told).toEqual([{ overdue: Object.fromEntries(each.map((kind) => [kind, 1])) }]);
});

test("two nodes at once: one runs, the other says that it does", async () => {
  await endedSessions(200, daysAgo(150));
  const job = retentionJob({ database: db.database, retention, log: silent, bounds: { most: 1_000, portion: 10 } });
  const run = () => runJob({ database: db.database, job, now: () => now, stopping: never });
  const kinds = (await Promise.all([run(), run()])).map(({ kind }) => kind).sort();
  expect(kinds).toEqual(["ran", "running"]);
  expect(await left("session")).toBe(0);
  expect(await removals()).toHaveLength(1);
});

describe("a legal hold", () => {
  test("keeps everything of its customer, and lets it go when it ends", async () => {
    await db.database.query("insert into legal_hold (subscriber_id, reason) values ('alice', 'court 12/27')");
    await endedSessions(1, daysAgo(300));
    await closedCases(1, daysAgo(300));
    await db.database.query(
      `insert into measure (subscriber_id, kind, reason, ordered_by, ordered_at, state, lifted_at)
       values ('alice', 'suspend', 'x', 'key:x', $1, 'lifted', $1)`,
      [daysAgo(300)],
    );
    await db.database.query(
      "insert into enforcement (subscriber_id, nas_id, kind, reason, requested_at, outcome) values ('alice', 'b', 'coa', 'x', $1, 'refused')",
      [daysAgo(290)],
    );
    await db.database.query(
      "insert into audit (at, actor, action, subject) values ($1, 'key:x', 'x', 'subscriber:alice')",
      [daysAgo(300)],
    );
    await db.database.query("insert into source (id, kind, trust) values ('feed', 'third-party', 90)");
    await db.database.query(
      `with came as (insert into report (id, source_id, received_at, format, sha256, byte_count)
         values (gen_random_uuid(), 'feed', $1, 'native', '', 1) returning id)
       insert into observation (report_id, row_number, source_id, fingerprint, observed_at, ip, category, severity, verdict,
         verdict_reason, candidates, received_at)
       select came.id, 1, 'feed', 'f', $1, '192.0.2.1', 'spam', 'low', 'ambiguous', 'x', '[{"subscriber": "alice"}]', $1 from came`,
      [daysAgo(300)],
    );
    const one = {
      sessionsKept: 1,
      casesKept: 1,
      measuresKept: 1,
      enforcementsKept: 1,
      auditEntriesKept: 1,
      reportsKept: 1,
      observationsKept: 1,
    };
    expect(await runRetention(db.database)).toMatchObject({ ...one, straysKept: 1 });
    expect(await removals()).toEqual([]);
    await db.database.query("delete from legal_hold");
    const gone = await runRetention(db.database);
    for (const kind of Object.keys(one))
      expect(gone, kind).toMatchObject({ [kind]: 0, [kind.replace("Kept", "Removed")]: 1 });
    expect(gone).toMatchObject({ intervalsRemoved: 1 });
  });

  test("that is placed while the job runs counts at once", async () => {
    await endedSessions(4, daysAgo(300));
    const database: Pick<Database, "query" | "transaction"> = {
      transaction: (work) => db.database.transaction(work),
      query: async (sql, values) => {
        const rows = await db.database.query<never>(sql, values);
        // the last look at what stays, before sessions are removed
        if (sql.includes("from measure where measure.state in"))
          await db.database.query(
            "insert into legal_hold (subscriber_id, reason) values ('alice', 'court') on conflict do nothing",
          );
        return rows;
      },
    };
    expect(await runRetention(database)).toMatchObject({ sessionsRemoved: 0, sessionsKept: 4 });
  });

  test("keeps the subscriber from being deleted, or becoming part of another", async () => {
    await db.database.query("insert into subscriber (id) values ('alice'), ('bob')");
    await db.database.query("insert into legal_hold (subscriber_id, reason) values ('alice', 'court')");
    await expect(db.database.query("delete from subscriber where id = 'alice'")).rejects.toThrow(/legal hold/);
    await db.database.query("delete from subscriber where id = 'bob'");
    expect(await db.database.query("select id from subscriber")).toEqual([{ id: "alice" }]);
  });
});

test("the job runs daily, in a time that fits an HTTP request", () => {
  const { name, schedule, limitMs } = retentionJob({ database: db.database, retention, log: silent });
  expect({ name, schedule }).toEqual({ name: "retention", schedule: "23 2 * * *" });
  expect(limitMs).toBeLessThan(15 * 60_000);
  expect(DAY_MS % limitMs).toBe(0);
});
