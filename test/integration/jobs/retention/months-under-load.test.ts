import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openDatabase } from "../../../../src/database/database.ts";
import { makeIntervalMonths } from "../../../../src/jobs/interval-months.ts";
import { addIntervalMonth, monthOf } from "../../../../src/session/interval-month-retention-store.ts";
import { somebodyWaits } from "../../session/held-batch.ts";
import { createAccountingBench, monthsOf, monthTable } from "./accounting-bench.ts";
import { DAY_MS, never, now, runRetention } from "./retention-bench.ts";

let bench: Awaited<ReturnType<typeof createAccountingBench>>;
beforeAll(async () => {
  bench = await createAccountingBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

test("a record that comes in the very moment in which its month is made is recorded, in that month", async () => {
  const made = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const making = bench.database.transaction(async (trx) => {
    await addIntervalMonth(trx, monthOf(now));
    made.resolve();
    await gate.promise;
  });
  await made.promise;
  const recording = bench.login("alice", { ipv4: "192.0.2.1", from: new Date(now.getTime() - 1000), to: now });
  // Met here at once, so that its rejection is never unhandled.
  const recorded = expect(recording).resolves.toBeUndefined();
  await somebodyWaits(bench.database);
  gate.resolve();
  await making;
  await recorded;
  const rows = await bench.database.query("select tableoid::regclass::text as name from address_interval");
  expect(rows).toEqual([{ name: monthTable(now) }]);
});

test("a month that somebody reads for hours waits, accounting does not, and the run after drops it", async () => {
  await makeIntervalMonths(bench.database, new Date("2027-01-10T00:00:00Z"), never);
  const reading = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const dump = bench.database.transaction(async (trx) => {
    await trx.query("select from address_interval_2027_01");
    reading.resolve();
    await gate.promise;
  });
  await reading.promise;
  const running = runRetention(bench.database);
  const took: number[] = [];
  let isRunning = true;
  void running.finally(() => {
    isRunning = false;
  });
  try {
    while (isRunning) {
      const begun = performance.now();
      const from = new Date(now.getTime() + took.length * 2000);
      await bench.login("alice", { ipv4: "192.0.2.1", from, to: new Date(from.getTime() + 1000) });
      took.push(performance.now() - begun);
    }
    expect(await running).toMatchObject({ monthsRemoved: 1, monthsOverdue: 1, cutShort: 1 });
  } finally {
    gate.resolve();
    await dump;
  }
  // Two records, each of which may meet a quarter of a second in which a lock is waited for.
  expect(Math.max(...took)).toBeLessThan(1_500);
  expect(await runRetention(bench.database)).toMatchObject({ monthsRemoved: 1, monthsOverdue: 0, cutShort: 0 });
}, 60_000);

test("two nodes make the months at once, each month once", async () => {
  const nodes = [openDatabase, openDatabase].map((open) =>
    open({ url: bench.url, maxConnections: 2, onConnectionError: () => undefined }),
  );
  try {
    const made = await Promise.all(nodes.map((node) => makeIntervalMonths(node, now, never)));
    expect(made.map(({ missing }) => missing)).toEqual([0, 0]);
    expect(made.reduce((sum, one) => sum + one.made, 0)).toBe(4);
    expect(await monthsOf(bench.database)).toHaveLength(4);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
});

test("no record is refused, and none lost, while months are made and dropped under it", async () => {
  let isRotating = true;
  const start = Date.UTC(2027, 0, 1);
  /** Each month has two hundred logins on its way while its turn comes. */
  const accounting = async (lane: number): Promise<number> => {
    let count = 0;
    while (isRotating) {
      const from = new Date(start + ((count * 7) % 500) * DAY_MS + lane * 60_000);
      const ipv4 = `100.64.${lane}.${count % 250}`;
      await bench.login(`lane${lane}`, { ipv4, from, to: new Date(from.getTime() + 30_000) });
      count++;
    }
    return count;
  };
  const lanes = Array.from({ length: 8 }, (_, lane) => accounting(lane));
  try {
    for (let month = 0; month < 14; month++) {
      const at = new Date(Date.UTC(2027, month, 1));
      await runRetention(bench.database, { at, retention: { sessionDays: 14, caseDays: 0 } });
    }
  } finally {
    isRotating = false;
  }
  const logins = (await Promise.all(lanes)).reduce((sum, one) => sum + one, 0);
  expect(bench.errors).toEqual([]);
  expect(logins).toBeGreaterThan(100);
  // All of the last months are there, and the partitions are those of a database that did nothing else.
  const [row] = await bench.database.query<{ sessions: number; intervals: number }>(
    `select (select count(*)::int from session where stopped_at >= $1) as sessions,
       (select count(*)::int from address_interval where held_until >= $1) as intervals`,
    [new Date(Date.UTC(2028, 0, 18))],
  );
  expect(row!.intervals).toBe(row!.sessions);
  expect(await monthsOf(bench.database)).toEqual(
    Array.from({ length: 5 }, (_, index) => monthTable(new Date(Date.UTC(2028, index, 1)))),
  );
}, 60_000);
