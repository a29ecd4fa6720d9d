import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { attributeAddress } from "../../../../src/attribution/attribute-address.ts";
import { makeIntervalMonths } from "../../../../src/jobs/interval-months.ts";
import { detachMonth, intervalMonths, monthOf } from "../../../../src/session/interval-month-retention-store.ts";
import { createTestDatabase } from "../../../support/test-database.ts";
import { session, subscriber } from "../../response/customers.ts";
import { createAccountingBench, monthsOf, monthTable } from "./accounting-bench.ts";
import { DAY_MS, daysAgo, never, now, runRetention } from "./retention-bench.ts";

let bench: Awaited<ReturnType<typeof createAccountingBench>>;
beforeAll(async () => {
  bench = await createAccountingBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

const names = () => monthsOf(bench.database);
const strays = async (): Promise<number> => (await bench.database.query("select from address_interval_stray")).length;
const tableOf = async (sessionId: string): Promise<string[]> =>
  (
    await bench.database.query<{ name: string }>(
      "select tableoid::regclass::text as name from address_interval where session_id = $1",
      [sessionId],
    )
  ).map(({ name }) => name);

const past = async (ends: Date, name = "alice"): Promise<string> => {
  await subscriber(bench.database, name);
  const from = new Date(ends.getTime() - DAY_MS);
  return await session(bench.database, { subscriber: name, prefix: "192.0.2.1/32", from, to: ends });
};

test("a fresh database has the months before the first record comes", async () => {
  const fresh = await createTestDatabase();
  try {
    const months = await intervalMonths(fresh.database);
    const since = months[0]?.begins ?? now;
    // The schema is minutes old, and a month may just have turned.
    expect([0, -1].map((ahead) => monthOf(new Date(), ahead))).toContainEqual(since);
    expect(months.map(({ begins }) => begins)).toEqual([0, 1, 2, 3].map((ahead) => monthOf(since, ahead)));
    expect(await makeIntervalMonths(fresh.database, since, never)).toEqual({ made: 0, missing: 0 });
  } finally {
    await fresh.drop();
  }
});

test("over fifteen months each offence of the last year names the one who held the address, and older ones nobody", async () => {
  const kept = { sessionDays: 365, caseDays: 0 };
  const held: { readonly name: string; readonly at: Date }[] = [];
  let removed = 0;
  for (let month = 0; month < 15; month++) {
    const first = new Date(Date.UTC(2027, month, 1, 2, 23));
    const findings = await runRetention(bench.database, { at: first, retention: kept });
    expect(findings).toMatchObject({
      monthsMade: month === 0 ? 4 : 1,
      sessionsOverdue: 0,
      monthsOverdue: 0,
      cutShort: 0,
    });
    removed += findings["monthsRemoved"] ?? 0;
    // One address, one customer after another; one of them across the turn of the month.
    for (const day of [4, 14, 25]) {
      const name = `m${month}d${day}`;
      const from = new Date(Date.UTC(2027, month, day));
      const to = new Date(from.getTime() + 6 * DAY_MS);
      await bench.login(name, { ipv4: "192.0.2.1", from, to });
      held.push({ name, at: new Date(from.getTime() + 5.5 * DAY_MS) });
    }
    const today = new Date(Date.UTC(2027, month + 1, 1));
    for (const { name, at } of held) {
      const asked = await attributeAddress(bench.hot, { ip: "192.0.2.1", at });
      const isInside = today.getTime() - at.getTime() <= 365 * DAY_MS;
      if (isInside)
        expect(asked, `${name} at ${at.toISOString()}`).toMatchObject({ verdict: "exact", subscriber: name });
    }
  }
  const last = new Date(Date.UTC(2028, 3, 1, 2, 23));
  await runRetention(bench.database, { at: last, retention: kept });
  for (const { name, at } of held) {
    const { verdict } = await attributeAddress(bench.hot, { ip: "192.0.2.1", at });
    // Its session ended half a day later.
    const isGone = last.getTime() - at.getTime() > 365.5 * DAY_MS;
    expect(verdict, `${name} at ${at.toISOString()}`).toBe(isGone ? "none" : "exact");
  }
  expect(removed).toBeGreaterThan(0);
  expect(await strays()).toBe(0);
  expect(await names()).toEqual(
    Array.from({ length: 16 }, (_, index) => monthTable(new Date(Date.UTC(2027, 3 + index, 1)))),
  );
});

describe("a month", () => {
  test("goes as a whole once all of it is old enough, and not while a day of it is not", async () => {
    await makeIntervalMonths(bench.database, new Date("2027-02-10T00:00:00Z"), never);
    await past(new Date("2027-02-20T00:00:00Z"));
    const run = (at: string) => runRetention(bench.database, { at: new Date(at) });
    // 100 days after the first of March
    expect(await run("2027-06-08T23:59:59Z")).toMatchObject({
      monthsRemoved: 0,
      intervalsRemoved: 0,
      monthsOverdue: 0,
    });
    expect(await names()).toContain("address_interval_2027_02");
    expect(await run("2027-06-09T00:00:01Z")).toMatchObject({
      monthsRemoved: 1,
      intervalsRemoved: 1,
      monthsOverdue: 0,
    });
    expect(await names()).not.toContain("address_interval_2027_02");
  });

  test("that a run took out and did not come to drop is dropped by the next one", async () => {
    await makeIntervalMonths(bench.database, new Date("2027-01-10T00:00:00Z"), never);
    await past(new Date("2027-01-20T00:00:00Z"));
    const [january] = await intervalMonths(bench.database);
    await bench.database.transaction((trx) => detachMonth(trx, january!));
    expect(await names()).toContain("address_interval_2027_01_gone");
    expect(await runRetention(bench.database)).toMatchObject({
      monthsRemoved: 2,
      intervalsRemoved: 1,
      monthsOverdue: 0,
    });
    expect(await names()).not.toContain("address_interval_2027_01_gone");
  });

  test("that somebody took out to archive it is left alone", async () => {
    await makeIntervalMonths(bench.database, new Date("2027-01-10T00:00:00Z"), never);
    await bench.database.query("alter table address_interval_history detach partition address_interval_2027_01");
    expect(await runRetention(bench.database)).toMatchObject({ monthsRemoved: 1, monthsOverdue: 0 });
    expect(await bench.database.query("select to_regclass('address_interval_2027_01')::text as name")).toEqual([
      { name: "address_interval_2027_01" },
    ]);
    await bench.database.query("drop table address_interval_2027_01");
  });

  test("leaves behind what an open case or a legal hold needs, and that still names its customer", async () => {
    await makeIntervalMonths(bench.database, new Date("2027-01-10T00:00:00Z"), never);
    const lost = await past(new Date("2027-01-25T00:00:00Z"), "lost");
    // Its session went before the hold came.
    await bench.database.query("delete from session where id = $1", [lost]);
    const [explains, held, gone] = [
      await past(new Date("2027-01-10T00:00:00Z"), "case"),
      await past(new Date("2027-01-15T00:00:00Z"), "held"),
      await past(new Date("2027-01-20T00:00:00Z"), "gone"),
    ];
    await bench.database.query(
      "insert into legal_hold (subscriber_id, reason) values ('held', 'court'), ('lost', 'court')",
    );
    await bench.database.query("insert into source (id, kind, trust) values ('feed', 'third-party', 90)");
    await bench.database.query(
      `with opened as (insert into subscriber_case (subscriber_id, category, severity, state, opened_at, updated_at)
         values ('case', 'spam', 'low', 'watching', now(), now()) returning id),
       came as (insert into report (id, source_id, received_at, format, sha256, byte_count)
         values (gen_random_uuid(), 'feed', now(), 'native', '', 1) returning id)
       insert into observation (report_id, row_number, source_id, fingerprint, observed_at, ip, category, severity, verdict,
         verdict_reason, subscriber_id, session_id, case_id, received_at)
       select came.id, 1, 'feed', 'f', now(), '192.0.2.1', 'spam', 'low', 'exact', 'x', 'case', $1, opened.id, now()
       from opened, came`,
      [explains],
    );
    expect(await runRetention(bench.database)).toMatchObject({
      monthsRemoved: 2,
      intervalsRemoved: 1,
      straysKept: 3,
      straysOverdue: 0,
    });
    expect(await Promise.all([explains, held, lost, gone].map(tableOf))).toEqual([
      ["address_interval_stray"],
      ["address_interval_stray"],
      ["address_interval_stray"],
      [],
    ]);
    const asked = await attributeAddress(bench.hot, { ip: "192.0.2.1", at: new Date("2027-01-14T12:00:00Z") });
    expect(asked).toMatchObject({ verdict: "exact", subscriber: "held" });
    // What needs them no more lets them go.
    await bench.database.query("delete from legal_hold");
    await bench.database.query("update subscriber_case set state = 'closed', closed_at = now()");
    expect(await runRetention(bench.database)).toMatchObject({
      sessionsRemoved: 2,
      intervalsRemoved: 3,
      straysKept: 0,
    });
  });
});

describe("an interval outside all months", () => {
  test("is recorded all the same, and moves into its month when that is made", async () => {
    await bench.login("alice", {
      ipv4: "192.0.2.1",
      from: new Date(now.getTime() - DAY_MS),
      to: new Date(now.getTime() - 1000),
    });
    expect(await strays()).toBe(1);
    expect(await runRetention(bench.database)).toMatchObject({ monthsMade: 4, monthsMissing: 0 });
    expect(await strays()).toBe(0);
    const asked = await attributeAddress(bench.hot, { ip: "192.0.2.1", at: new Date(now.getTime() - 2000) });
    expect(asked).toMatchObject({ verdict: "exact", subscriber: "alice" });
  });

  test("stays outside where there are too many to be moved in a moment; other months are made, and the run says so", async () => {
    await bench.database.query(
      `insert into address_interval (prefix, held_from, held_until, session_id, nas_id)
       select '192.0.2.1/32', $1::timestamptz - interval '1 hour', $1, number, 'bng1' from generate_series(1, 10001) as number`,
      [new Date(now.getTime() - 1000)],
    );
    const told: unknown[] = [];
    const log = { error: () => undefined, warn: (given: unknown) => told.push(given) };
    expect(await runRetention(bench.database, { log })).toMatchObject({ monthsMade: 3, monthsMissing: 1 });
    expect(told).toEqual([{ made: 3, missing: 1 }]);
    expect(await strays()).toBe(10_001);
    // They go with age, in portions, since there is no month to go with.
    const later = new Date(now.getTime() + 101 * DAY_MS);
    expect(await runRetention(bench.database, { at: later })).toMatchObject({
      intervalsRemoved: 10_001,
      straysOverdue: 0,
    });
  });

  test("that ended before the oldest month goes by its own age", async () => {
    await makeIntervalMonths(bench.database, now, never);
    const [young, old] = [await past(daysAgo(99), "young"), await past(daysAgo(101), "old")];
    expect(await strays()).toBe(2);
    expect(await runRetention(bench.database)).toMatchObject({ intervalsRemoved: 1, straysOverdue: 0 });
    expect(await Promise.all([young, old].map(tableOf))).toEqual([["address_interval_stray"], []]);
  });
});
