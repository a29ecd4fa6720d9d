import { afterAll, beforeAll, expect, test } from "vitest";
import type { Transaction } from "../../../../src/database/database.ts";
import { makeIntervalMonths } from "../../../../src/jobs/interval-months.ts";
import { addressesEverHeld, sessionsHolding } from "../../../../src/session/address-interval-store.ts";
import { closeIntervals } from "../../../../src/session/end-sessions-store.ts";
import { addIntervals, removeClosed } from "../../../../src/session/interval-write-store.ts";
import { followSessions } from "../../../../src/subscriber/session-owner-store.ts";
import { createAccountingBench, monthTable } from "./accounting-bench.ts";
import { never } from "./retention-bench.ts";

let bench: Awaited<ReturnType<typeof createAccountingBench>>;
const PER_MONTH = 2_000;
const month = (number: number) => new Date(Date.UTC(2027, number, 1));
const inMonth = (number: number) => new Date(Date.UTC(2027, number, 15, 12));

const interval = {
  sessionId: "1",
  subscriberId: "alice",
  nasId: "bng1",
  prefix: "192.0.2.1/32",
  from: inMonth(6).getTime(),
  until: inMonth(6).getTime() + 1000,
};

/** What each of the provider's questions touches; the statements are prepared, and their plans made, while all is empty. */
const works = {
  "a look-up": (trx: Transaction) => sessionsHolding(trx, "100.64.0.7", inMonth(6), inMonth(6)),
  "a Stop": (trx: Transaction) => addIntervals(trx, [interval]),
  "a late record": (trx: Transaction) => removeClosed(trx, [interval]),
  "the end of a session": (trx: Transaction) => closeIntervals(trx, ["7"]),
  "another owner": (trx: Transaction) => followSessions(trx, ["7"]),
  "whether it is ours": (trx: Transaction) => addressesEverHeld(trx, ["203.0.113.1"]),
} as const;
type Work = keyof typeof works;

beforeAll(async () => {
  bench = await createAccountingBench();
  await bench.reset();
  for (const number of [0, 4, 8]) await makeIntervalMonths(bench.database, month(number), never);
  for (const work of Object.values(works)) await bench.hot.transaction(async (trx) => void (await work(trx)));
  await bench.database.query(
    `with ended as (
       insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, stopped_at, username, subscriber_id)
       select 'bng1', gen_random_uuid()::text, at, at, at, at + interval '20 days', 'alice', 'alice'
       from generate_series(0, 11) as month, generate_series(1, $1::int) as number,
         lateral (select timestamptz '2027-01-03T00:00:00Z' + month * interval '1 month' as at) as began
       returning id, started_at, stopped_at)
     insert into address_interval (prefix, held_from, held_until, session_id, subscriber_id, nas_id)
     select ('100.64.' || (ended.id % $1 / 250) || '.' || (ended.id % 250) || '/32')::cidr, ended.started_at, ended.stopped_at,
       ended.id, 'alice', 'bng1' from ended`,
    [PER_MONTH],
  );
});
afterAll(() => bench.stop());

interface Touched {
  readonly name: string;
  readonly seq_scan: number;
  readonly idx_scan: number;
  readonly rows: number;
}

/** Counts of this connection, which go on from one transaction to the next. */
const counted = (trx: Transaction): Promise<Touched[]> =>
  trx.query<Touched>(
    `select relname as name, seq_scan::int, idx_scan::int, (seq_tup_read + idx_tup_fetch)::int as rows
     from pg_stat_xact_user_tables where relname like 'address\\_interval\\_%'`,
  );

const touchedBy = (work: Work): Promise<Touched[]> =>
  bench.hot.transaction(async (trx) => {
    const before = new Map((await counted(trx)).map((one) => [one.name, one]));
    await works[work](trx);
    return (await counted(trx))
      .map((one) => ({
        name: one.name,
        seq_scan: one.seq_scan - (before.get(one.name)?.seq_scan ?? 0),
        idx_scan: one.idx_scan - (before.get(one.name)?.idx_scan ?? 0),
        rows: one.rows - (before.get(one.name)?.rows ?? 0),
      }))
      .filter(({ seq_scan, idx_scan }) => seq_scan > 0 || idx_scan > 0);
  });

test.each(Object.keys(works) as Work[])("%s reads no month but by index, and a handful of its rows", async (work) => {
  const touched = await touchedBy(work);
  expect(touched.filter(({ seq_scan }) => seq_scan > 0)).toEqual([]);
  expect(touched.filter(({ rows }) => rows > 20)).toEqual([]);
});

test("a look-up leaves the months before the offence alone", async () => {
  const touched = (await touchedBy("a look-up")).map(({ name }) => name);
  const older = Array.from({ length: 6 }, (_, number) => monthTable(month(number)));
  expect(touched).toContain(monthTable(month(6)));
  expect(touched.filter((name) => older.includes(name))).toEqual([]);
});

test("a Stop touches no month but its own", async () => {
  expect(await touchedBy("a Stop")).toEqual([]);
});
