import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase, type Transaction } from "../../../src/database/database.ts";
import { carryOn } from "../../../src/session/carry-on-store.ts";
import { findGrants, saveGrants } from "../../../src/session/grant-store.ts";
import { lockSessions } from "../../../src/session/session-lock-store.ts";
import { sortedKeys } from "../../../src/session/take-batch.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { recordOf } from "./recorder-harness.ts";

const SESSIONS = 5_000;
let test_: TestDatabase;
let hot: Database;

/** As after a whole base has logged in to a new installation: PostgreSQL has not looked at the tables yet. */
beforeAll(async () => {
  test_ = await createTestDatabase();
  await test_.database.query("alter table session set (autovacuum_enabled = off)");
  hot = openDatabase({ url: test_.url, maxConnections: 1, keepsIndexPlans: true, onConnectionError: () => undefined });
  // The plans are made, and kept, while there is nothing yet.
  await carryOn(hot, [recordOf(1, "interim", 0)]);
  await findGrants(hot, searches.slice(0, 1));
  await test_.database.query(
    `insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, username)
     select 'bng1', 'S' || number, now(), now(), now(), 'user' || number from generate_series(1, ${SESSIONS}) as number`,
  );
  await saveGrants(
    hot,
    searches.map(({ nasId, acctSessionId, username, startedAt }) => ({
      ...{ nasId, acctSessionId, username, givenAt: startedAt, attributes: Buffer.alloc(0) },
    })),
  );
});
afterAll(async () => {
  await hot.close();
  await test_.drop();
});

const events = Array.from({ length: 50 }, (_, index) => recordOf(100 + index, "interim", 60));

/** Of a NAS with a clock: half of them were heard before. */
const clocked = events.map((event, index) => ({
  ...event,
  status: index % 2 === 0 ? ("start" as const) : ("interim" as const),
  eventTimestamp: Math.floor(event.at.getTime() / 1000),
  sessionSeconds: 60,
}));

const searches = events.map(({ nasId, acctSessionId, username, at }) => ({
  ...{ nasId, acctSessionId, username },
  grantId: undefined,
  callingStationId: undefined,
  nasPortId: undefined,
  startedAt: at,
}));

const works: readonly (readonly [string, (trx: Transaction) => Promise<unknown>])[] = [
  ["carrying on", (trx) => carryOn(trx, events)],
  ["carrying on, by the clock,", (trx) => carryOn(trx, clocked)],
  ["finding the grants of", (trx) => findGrants(trx, searches)],
  ["locking", (trx) => lockSessions(trx, sortedKeys(events))],
];

test.each(works)("%s fifty sessions of five thousand reads their rows, not whole indexes", async (_, work) => {
  const read = await hot.transaction(async (trx) => {
    await work(trx);
    const [row] = await trx.query<{ read: number }>(
      `select (select coalesce(sum(seq_tup_read), 0) from pg_stat_xact_user_tables where relname = 'session')::int
         + (select coalesce(sum(idx_tup_fetch), 0) from pg_stat_xact_user_tables where relname = 'session')::int as read`,
    );
    return row?.read;
  });
  expect(read).toBeLessThan(500);
});
