import { afterAll, beforeAll, expect, test } from "vitest";
import type { Queryable } from "../../../src/database/database.ts";
import { listEnforcements } from "../../../src/enforcement/enforcement-view-store.ts";
import { listMeasures } from "../../../src/enforcement/measure-view-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
const page = { limit: 10 };
const ROWS = 20_000;

beforeAll(async () => {
  db = await createTestDatabase();
  await db.database.query(
    `insert into enforcement (subscriber_id, nas_id, kind, reason, requested_at, outcome)
     select 's' || row, 'bng1', 'coa', 'test', now(), case when row = 7 then 'refused' else 'acknowledged' end
     from generate_series(1, ${ROWS}) as row`,
  );
  await db.database.query(
    `insert into measure (subscriber_id, kind, reason, ordered_by, ordered_at, state, held_by, lifted_at)
     select 's' || row, case when row = 7 then 'throttle' else 'walled-garden' end, 'test', 'key:1', now(),
       case when row = 7 then 'held' when row = 8 then 'active' else 'lifted' end,
       case when row = 7 then 'source:mad' end, case when row in (7, 8) then null else now() end
     from generate_series(1, ${ROWS}) as row`,
  );
  await db.database.query("analyze enforcement");
  await db.database.query("analyze measure");
});
afterAll(() => db.drop());

/** How many rows of the table were read for an answer, by PostgreSQL's own count. */
async function rowsRead(table: string, question: (on: Queryable) => Promise<unknown>): Promise<number> {
  return await db.database.transaction(async (trx) => {
    await question(trx);
    const [row] = await trx.query<{ read: number }>(
      `select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_xact_user_tables
       where relname = $1`,
      [table],
    );
    return row?.read ?? 0;
  });
}

test.each([
  ["an unknown NAS", { nasId: "nowhere" }, 0],
  ["a rare outcome", { outcome: "refused" as const }, 1],
  ["an outcome that never was", { outcome: "not-authentic" as const }, 0],
])("enforcements of %s are found without reading all of them", async (_, filter, expected) => {
  expect((await listEnforcements(db.database, filter, page)).items).toHaveLength(expected);
  expect(await rowsRead("enforcement", (on) => listEnforcements(on, filter, page))).toBeLessThan(100);
});

test.each([
  ["a state", { states: ["held" as const] }],
  ["those that are to hold", { states: ["active" as const] }],
  ["a rare kind", { kind: "throttle" as const }],
  ["a breaker", { heldBy: "source:mad" }],
])("measures by %s are found without reading all of them", async (_, filter) => {
  expect((await listMeasures(db.database, filter, page)).items).toHaveLength(1);
  expect(await rowsRead("measure", (on) => listMeasures(on, filter, page))).toBeLessThan(100);
});
