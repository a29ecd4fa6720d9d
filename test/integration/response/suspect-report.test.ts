import { afterAll, beforeAll, expect, test } from "vitest";
import { listBreakers, resetBreaker } from "../../../src/enforcement/breaker-view-store.ts";
import { putSource } from "../../../src/intake/source-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { session, subscriber } from "./customers.ts";
import { reporterOn } from "./reporter.ts";

let db: TestDatabase;
const now = new Date("2026-11-20T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

beforeAll(async () => {
  db = await createTestDatabase();
  await pool("big", 1, 120);
  await pool("small", 2, 99);
  // So that the share of the base is not reached before that of a NAS.
  await pool("elsewhere", 3, 200);
  for (const id of ["mad", "fine", "calm", "notices"])
    await putSource(db.database, { id, kind: "third-party", trust: 90 });
  // What is tested here is the share of a NAS, not the number of measures.
  await db.database.query(
    `insert into breaker (id, limit_count, updated_at) select 'source:' || id, 1000, now() from source`,
  );
});
afterAll(() => db.drop());

/** So many customers on one NAS: 10.<network>.0.<number>. */
async function pool(nas: string, network: number, size: number): Promise<void> {
  for (let number = 1; number <= size; number += 1) {
    const id = await subscriber(db.database, `${nas}-${number}`);
    await session(db.database, { subscriber: id, prefix: `10.${network}.0.${number}/32`, from: ago(60), nas });
  }
}

const report = (source: string, network: number, numbers: { from: number; count: number; category?: string }) =>
  reporterOn(db.database).list(
    source,
    now,
    Array.from({ length: numbers.count }, (_, index) => ({
      ip: `10.${network}.0.${numbers.from + index}`,
      at: ago(5).toISOString(),
      category: numbers.category ?? "botnet",
    })),
  );

const statesOf = async (source: string): Promise<Record<string, number>> => {
  const rows = await db.database.query<{ state: string; count: number }>(
    "select state, count(*)::int from measure where source_id = $1 group by state",
    [source],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
};

test("a report that names a third of a NAS's customers is held whole: cases are opened, nobody is held back", async () => {
  const answer = await report("mad", 1, { from: 1, count: 40 });
  expect(answer).toMatchObject({ accepted: 40, rejected: [] });
  expect(answer.cases).toHaveLength(40);
  expect(await statesOf("mad")).toEqual({ held: 40 });
  const breaker = (await listBreakers(db.database, now)).find(({ id }) => id === "source:mad");
  expect(breaker).toMatchObject({ state: "open", held: { length: 40 } });
});

test("the same report again after a reset opens the breaker no more", async () => {
  await db.database.transaction((trx) => resetBreaker(trx, { id: "source:mad", now }));
  expect(await report("mad", 1, { from: 1, count: 40 })).toMatchObject({ accepted: 0, duplicates: 40 });
  const breaker = (await listBreakers(db.database, now)).find(({ id }) => id === "source:mad");
  expect(breaker?.state).toBe("closed");
});

test("one fewer is acted upon", async () => {
  await report("fine", 1, { from: 41, count: 39 });
  expect(await statesOf("fine")).toEqual({ active: 39 });
});

test("a pool below 100 sessions has no share", async () => {
  await report("calm", 2, { from: 1, count: 40 });
  expect(await statesOf("calm")).toEqual({ active: 40 });
});

test("a report that nothing would be ordered for opens no breaker", async () => {
  await report("notices", 1, { from: 1, count: 120, category: "vulnerable-service" });
  const ids = (await listBreakers(db.database, now)).filter(({ state }) => state === "open").map(({ id }) => id);
  expect(ids).not.toContain("source:notices");
});
