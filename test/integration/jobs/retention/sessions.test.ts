import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { attributeAddress } from "../../../../src/attribution/attribute-address.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/test-database.ts";
import { customerAt, session, subscriber } from "../../response/customers.ts";
import { DAY_MS, daysAgo, emptied, now, runRetention } from "./retention-bench.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(() => db.database.query(`truncate ${emptied} cascade`));

/** A session of a day, which ended then, of a customer of their own. */
async function ended(to: Date, name = "alice"): Promise<string> {
  await subscriber(db.database, name);
  return await session(db.database, {
    subscriber: name,
    prefix: "192.0.2.1/32",
    from: new Date(to.getTime() - DAY_MS),
    to,
  });
}

const idsOf = async (table: string): Promise<string[]> =>
  (await db.database.query<{ id: string }>(`select id::text from ${table} order by ${table}.id`)).map(({ id }) => id);

describe("a session that ended", () => {
  test("goes once that is longer ago than sessions are kept, and not a day before", async () => {
    await ended(daysAgo(101), "old");
    const young = await ended(daysAgo(99), "young");
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 1, sessionsKept: 0, sessionsOverdue: 0 });
    expect(await idsOf("session")).toEqual([young]);
  });

  test("goes to the second", async () => {
    await ended(new Date(daysAgo(100).getTime() - 1000), "old");
    const young = await ended(new Date(daysAgo(100).getTime() + 1000), "young");
    await runRetention(db.database);
    expect(await idsOf("session")).toEqual([young]);
  });

  test("is counted by the age of the oldest one left", async () => {
    await ended(daysAgo(101), "old");
    await ended(daysAgo(42), "young");
    expect(await runRetention(db.database)).toMatchObject({ sessionsOldestDays: 42 });
  });

  test("stays for ever where the setting is 0, and nothing is said of sessions", async () => {
    const id = await ended(daysAgo(5_000));
    const findings = await runRetention(db.database, { retention: { sessionDays: 0, caseDays: 200 } });
    expect(await idsOf("session")).toEqual([id]);
    expect(Object.keys(findings).filter((name) => name.startsWith("sessions"))).toEqual([]);
  });

  test("still names its customer on the last day, and nobody on the next", async () => {
    await ended(daysAgo(99.5));
    const ask = () => attributeAddress(db.database, { ip: "192.0.2.1", at: daysAgo(100) });
    await runRetention(db.database);
    expect(await ask()).toMatchObject({ verdict: "exact", subscriber: "alice" });
    await runRetention(db.database, { at: new Date(now.getTime() + DAY_MS) });
    expect(await ask()).toMatchObject({ verdict: "none" });
  });

  test("stays while enforcement has still to reach it, and while it holds an address", async () => {
    const [waiting, holding] = [await ended(daysAgo(500), "waiting"), await ended(daysAgo(500), "holding")];
    await db.database.query(
      "insert into enforcement_job (session_id, nas_id, subscriber_id, reason) values ($1, 'bng1', 'waiting', 'x')",
      [waiting],
    );
    await db.database.query(
      "insert into address_interval (prefix, held_from, session_id, nas_id) values ('192.0.2.7/32', $1, $2, 'bng1')",
      [daysAgo(501), holding],
    );
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 0, sessionsKept: 2, sessionsOverdue: 0 });
    expect(await idsOf("session")).toEqual([waiting, holding]);
  });
});

describe("what is not over", () => {
  test("a session that is open stays, however long ago it began", async () => {
    const open = await customerAt(db.database, "alice", "192.0.2.1", daysAgo(3_000));
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 0, sessionsKept: 0 });
    expect(await idsOf("session")).toEqual([open]);
    const asked = await attributeAddress(db.database, { ip: "192.0.2.1", at: now });
    expect(asked).toMatchObject({ verdict: "exact", subscriber: "alice" });
  });

  test("a session that comes to life again while the job looks at it stays", async () => {
    const id = await ended(daysAgo(500));
    const revived = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const reviving = db.database.transaction(async (trx) => {
      await trx.query("update session set stopped_at = null, terminate_cause = null where id = $1", [id]);
      revived.resolve();
      await gate.promise;
    });
    await revived.promise;
    // The job waits for the row, and finds it changed.
    const running = runRetention(db.database);
    await expect
      .poll(() =>
        db.database.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        ),
      )
      .toHaveLength(1);
    gate.resolve();
    await reviving;
    expect(await running).toMatchObject({ sessionsRemoved: 0 });
    expect(await idsOf("session")).toEqual([id]);
  });
});

describe("a subscriber whom accounting made by itself", () => {
  const automatic = () => db.database.query("update subscriber set is_automatic = true");

  test("goes with the last that is known of them, with their username", async () => {
    await ended(daysAgo(101), "gone@isp.example");
    await ended(daysAgo(99), "here@isp.example");
    await db.database.query("insert into subscriber_username select id, id, id from subscriber");
    await automatic();
    expect(await runRetention(db.database)).toMatchObject({ subscribersRemoved: 1 });
    expect(await idsOf("subscriber")).toEqual(["here@isp.example"]);
    const names = await db.database.query("select username from subscriber_username");
    expect(names).toEqual([{ username: "here@isp.example" }]);
  });

  test("stays while there is something else: a case, a measure, a password that must never work again", async () => {
    await ended(daysAgo(101), "case");
    await ended(daysAgo(101), "measure");
    await ended(daysAgo(101), "password");
    await ended(daysAgo(101), "attempt");
    await ended(daysAgo(101), "observed");
    await automatic();
    await db.database.query(
      `with feed as (insert into source (id, kind, trust) values ('feed', 'third-party', 90) returning id),
       came as (insert into report (id, source_id, received_at, format, sha256, byte_count)
         select gen_random_uuid(), feed.id, $1, 'native', '', 1 from feed returning id)
       insert into observation (report_id, row_number, source_id, fingerprint, observed_at, ip, category, severity, verdict,
         verdict_reason, subscriber_id, received_at)
       select came.id, 1, 'feed', 'f', $1, '192.0.2.1', 'spam', 'low', 'exact', 'x', 'observed', $1 from came`,
      [daysAgo(150)],
    );
    await db.database.query(
      `insert into subscriber_case (subscriber_id, category, severity, state, opened_at, updated_at, closed_at)
       values ('case', 'spam', 'low', 'closed', $1, $1, $1)`,
      [daysAgo(150)],
    );
    await db.database.query(
      `insert into measure (subscriber_id, kind, reason, ordered_by, ordered_at, state)
       values ('measure', 'suspend', 'x', 'key:x', $1, 'active')`,
      [daysAgo(150)],
    );
    await db.database.query(
      "insert into credential (subscriber_id, password_sealed, withdrawn_sealed) values ('password', '\\x00', '{\"\\\\x01\"}')",
    );
    await db.database.query(
      `insert into enforcement (subscriber_id, nas_id, kind, reason, requested_at, outcome)
       values ('attempt', 'bng1', 'access', 'x', $1, 'acknowledged')`,
      [daysAgo(150)],
    );
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 5 });
    expect(await idsOf("subscriber")).toEqual(["attempt", "case", "measure", "observed", "password"]);
    const later = await runRetention(db.database, { at: new Date(now.getTime() + 100 * DAY_MS) });
    expect(later).toMatchObject({ casesRemoved: 1, enforcementsRemoved: 1, reportsRemoved: 1, subscribersRemoved: 3 });
    expect(await idsOf("subscriber")).toEqual(["measure", "password"]);
    expect(await db.database.query("select withdrawn_sealed from credential")).toEqual([
      { withdrawn_sealed: [Buffer.from([1])] },
    ]);
  });

  test("stays when a session of theirs is just opening", async () => {
    await ended(daysAgo(101), "back@isp.example");
    await db.database.query("insert into subscriber_username select id, id, id from subscriber");
    await automatic();
    const opened = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const opening = db.database.transaction(async (trx) => {
      // as accounting does (session/session-subscriber-store.ts)
      await trx.query("select from subscriber_username for share");
      await trx.query(
        `insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, username, subscriber_id)
         values ('bng1', 'new', now(), now(), now(), 'back@isp.example', 'back@isp.example')`,
      );
      opened.resolve();
      await gate.promise;
    });
    await opened.promise;
    const running = runRetention(db.database);
    await expect
      .poll(() =>
        db.database.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        ),
      )
      .toHaveLength(1);
    gate.resolve();
    await opening;
    expect(await running).toMatchObject({ sessionsRemoved: 1, subscribersRemoved: 0 });
    expect(await idsOf("subscriber")).toEqual(["back@isp.example"]);
  });

  test("is not told from one whom somebody put: that one stays with nothing", async () => {
    await ended(daysAgo(101));
    expect(await runRetention(db.database)).toMatchObject({ sessionsRemoved: 1, subscribersRemoved: 0 });
    expect(await idsOf("subscriber")).toEqual(["alice"]);
  });
});
