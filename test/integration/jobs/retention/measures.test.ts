import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../../support/test-database.ts";
import { customerAt, session, subscriber } from "../../response/customers.ts";
import { caseBench } from "./case-bench.ts";
import { daysAgo, runRetention } from "./retention-bench.ts";

let db: TestDatabase;
let bench: ReturnType<typeof caseBench>;
beforeAll(async () => {
  db = await createTestDatabase();
  bench = caseBench(db.database);
});
afterAll(() => db.drop());
beforeEach(() => bench.reset());

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

  test("one of a case goes with the case, though its timeline may not name it", async () => {
    const closedAt = (days: number, name: string) =>
      db.database.query<{ id: string }>(
        `insert into subscriber_case (subscriber_id, category, severity, state, opened_at, updated_at, closed_at)
         values ($1, 'spam', 'low', 'closed', $2, $2, $2) returning id`,
        [name, daysAgo(days)],
      );
    for (const [days, name] of [
      [201, "old"],
      [199, "young"],
    ] as const) {
      const [matter] = await closedAt(days, name);
      const id = await ordered(name, daysAgo(260), daysAgo(250));
      await db.database.query("update measure set case_id = $1 where id = $2", [matter?.id, id]);
    }
    expect(await runRetention(db.database)).toMatchObject({ measuresRemoved: 1, measuresKept: 1, casesRemoved: 1 });
    expect(await db.database.query("select subscriber_id from measure")).toEqual([{ subscriber_id: "young" }]);
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
    expect(await bench.counts("measure", "enforcement", "session")).toEqual([1, 1, 1]);
  });

  test("what was sent for a measure of an open case stays, and the session that got it", async () => {
    const [matter] = await db.database.query<{ id: string }>(
      `insert into subscriber_case (subscriber_id, category, severity, state, opened_at, updated_at)
       values ('alice', 'spam', 'low', 'on-hold', $1, $1) returning id`,
      [daysAgo(400)],
    );
    const id = await ordered("alice", daysAgo(400), daysAgo(390));
    await db.database.query("update measure set case_id = $1 where id = $2", [matter?.id, id]);
    await subscriber(db.database, "alice");
    const prefix = "192.0.2.1/32";
    const [got, other] = [
      await session(db.database, { subscriber: "alice", prefix, from: daysAgo(400), to: daysAgo(395) }),
      await session(db.database, { subscriber: "alice", prefix, from: daysAgo(395), to: daysAgo(391) }),
    ];
    await sent("alice", daysAgo(399), got);
    expect(await runRetention(db.database)).toMatchObject({ enforcementsKept: 1, sessionsKept: 1, sessionsRemoved: 1 });
    expect(await db.database.query("select from session where id = $1", [other])).toEqual([]);
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
