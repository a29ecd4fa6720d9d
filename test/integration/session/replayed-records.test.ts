import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AccountingEvent, NasRestart } from "../../../src/session/accounting-event.ts";
import { sessionsHolding } from "../../../src/session/address-interval-store.ts";
import { createSessionNotices } from "../../../src/session/session-notices.ts";
import { noon } from "../../unit/session/accounting-record.ts";
import { recordedSessions } from "./recorded-sessions.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "./recorder-harness.ts";

const DAY = 86_400;
const registry = new Registry();

let harness: RecorderHarness;
beforeAll(async () => {
  const notices = createSessionNotices({ registry, now: () => new Date(), tell: () => undefined });
  harness = await createRecorderHarness({ notices });
});
afterAll(() => harness.stop());

/** Two sessions for each fact: whose records come again, and who has the address since. */
let last = 0;
const twoSessions = (): [number, number] => [++last, ++last];

const clock = (seconds: number): number => noon / 1000 + seconds;
const user = (n: number): string => `user${n}@isp.example`;
const address = (n: number): string => `100.64.0.${n}`;

/** A record as a NAS with a clock sends it, in a session that began `begun` seconds after noon. */
const clocked = (
  n: number,
  status: AccountingEvent["status"],
  seconds: number,
  { begun = 0, ...rest }: Partial<AccountingEvent> & { readonly begun?: number } = {},
): AccountingEvent =>
  recordOf(n, status, seconds, {
    eventTimestamp: clock(seconds),
    ...(status === "start" ? {} : { sessionSeconds: seconds - begun }),
    ...rest,
  });

/** The very same octets, so much later: the delay that they name is the same, too. */
const again = (event: AccountingEvent, seconds: number): AccountingEvent => ({
  ...event,
  at: at(seconds),
  receivedAt: at(seconds),
});

const holders = async (of: string, seconds: number) =>
  (await sessionsHolding(harness.database, of, at(seconds), at(seconds))).map(({ subscriberId }) => subscriberId);

const sessionsOf = (n: number, nasId = "bng1") => recordedSessions(harness.database, nasId, `S${n}`);

const repeatedRecords = async (): Promise<number> =>
  (await registry.getSingleMetric("weir_accounting_repeated_total")?.get())?.values[0]?.value ?? 0;

/** Sessions do not change, and the one who has the address since keeps it, if `replay` comes a day later. */
async function expectNothingOf(replay: AccountingEvent, { old, next }: { old: number; next: number }): Promise<void> {
  const [before, counted] = [await sessionsOf(old), await repeatedRecords()];
  await harness.inTurn(again(replay, DAY));
  expect(await sessionsOf(old)).toEqual(before);
  expect(await holders(address(old), DAY + 1)).toEqual([user(next)]);
  expect(await repeatedRecords()).toBe(counted + 1);
}

describe("a captured record that is sent again after a day, when another has the address", () => {
  test("a Start opens no session", async () => {
    const [old, next] = twoSessions();
    const start = clocked(old, "start", 0);
    await harness.inTurn(start, clocked(old, "stop", 600));
    await harness.inTurn(clocked(next, "start", 700, { ipv4: address(old) }));
    await expectNothingOf(start, { old, next });
  });

  test("a Start opens no session where its line was named otherwise since", async () => {
    const [old, next] = twoSessions();
    const start = clocked(old, "start", 0, { identity: { "NAS-Port-Id": "ge-0/0/1" } });
    await harness.inTurn(start, clocked(old, "stop", 600, { identity: { "NAS-Port-Id": "ge-0/0/1.7" } }));
    await harness.inTurn(clocked(next, "start", 700, { ipv4: address(old) }));
    await expectNothingOf(start, { old, next });
  });

  test("a Start does not take back the address that an Interim of the same second replaced", async () => {
    const [old, next] = twoSessions();
    const start = clocked(old, "start", 0);
    await harness.inTurn(start, { ...clocked(old, "interim", 0, { ipv4: "100.127.1.3" }), at: new Date(noon + 400) });
    await harness.inTurn(clocked(next, "start", 700, { ipv4: address(old) }));
    await expectNothingOf(start, { old, next });
  });

  test("a Start opens no session whose first record was an Interim", async () => {
    const [old, next] = twoSessions();
    await harness.inTurn(clocked(old, "interim", 300), clocked(old, "stop", 600));
    await harness.inTurn(clocked(next, "start", 700, { ipv4: address(old) }));
    await harness.inTurn(again(clocked(old, "start", 0), DAY));
    expect(await sessionsOf(old)).toMatchObject([{ stoppedAt: noon + 600_000 }]);
    expect(await holders(address(old), DAY + 1)).toEqual([user(next)]);
  });

  test("an Interim neither opens a session nor brings one back", async () => {
    const [old, next] = twoSessions();
    const interim = clocked(old, "interim", 300);
    await harness.inTurn(clocked(old, "start", 0), interim, clocked(old, "stop", 600));
    await harness.inTurn(clocked(next, "start", 700, { ipv4: address(old) }));
    await expectNothingOf(interim, { old, next });
  });

  test.each(["stale", "nas-restart"])("an Interim does not bring back a session that ended as %s", async (cause) => {
    const [old, next] = twoSessions();
    const [first, second] = [clocked(old, "interim", 300), clocked(old, "interim", 600)];
    await harness.inTurn(clocked(old, "start", 0), first, second);
    await harness.database.query(
      `with ended as (
         update session set stopped_at = $2, terminate_cause = $3 where acct_session_id = $1 returning id)
       update address_interval set held_until = $2 from ended where session_id = ended.id`,
      [`S${old}`, at(600), cause],
    );
    await harness.inTurn(clocked(next, "start", 700, { ipv4: address(old) }));
    await expectNothingOf(second, { old, next });
    await expectNothingOf(first, { old, next });
  });

  test("an Interim with an address that its session had before does not take it back", async () => {
    const [old, next] = twoSessions();
    const interim = clocked(old, "interim", 300);
    await harness.inTurn(clocked(old, "start", 0), interim);
    await harness.inTurn(clocked(old, "interim", 600, { ipv4: "100.127.1.1" }));
    await harness.inTurn(clocked(next, "start", 700, { ipv4: address(old) }));
    await expectNothingOf(interim, { old, next });
  });

  test("an Interim does not show that the session is there which has its id and its address now", async () => {
    const [n] = twoSessions();
    const interim = clocked(n, "interim", 300);
    await harness.inTurn(clocked(n, "start", 0), interim, clocked(n, "stop", 600), clocked(n, "start", 700));
    const before = await sessionsOf(n);
    expect(before).toHaveLength(2);
    await harness.inTurn(again(interim, 5_000));
    expect(await sessionsOf(n)).toEqual(before);
  });

  test("an Interim that another of the same second followed does not show that its session is there", async () => {
    const [n] = twoSessions();
    const first = clocked(n, "interim", 300);
    const second = clocked(n, "interim", 300, { observed: { "Filter-Id": ["garden"] } });
    await harness.inTurn(clocked(n, "start", 0), first, second, again(first, 360), again(first, DAY));
    expect(await sessionsOf(n)).toMatchObject([{ aliveAt: noon + 300_000, lastSeenAt: noon + 300_000 }]);
  });

  test("a Stop does not end the session that has its id now", async () => {
    const [old, next] = twoSessions();
    const stop = clocked(old, "stop", 600);
    await harness.inTurn(clocked(old, "start", 0), stop);
    await harness.inTurn(clocked(old, "start", DAY - 600, { ipv4: "100.127.1.2" }));
    await harness.inTurn(clocked(next, "start", 700, { ipv4: address(old) }));
    await expectNothingOf(stop, { old, next });
    expect(await holders("100.127.1.2", DAY + 1)).toEqual([user(old)]);
  });

  test("a Stop that got lost ends its session when it was, not now", async () => {
    const [old] = twoSessions();
    await harness.inTurn(clocked(old, "start", 0), clocked(old, "interim", 300));
    await harness.inTurn(again(clocked(old, "stop", 600), DAY));
    expect(await sessionsOf(old)).toMatchObject([{ stoppedAt: noon + 600_000 }]);
  });
});

describe("what is no captured record", () => {
  test("a Start that its NAS sends again, with another delay, or none: it changes nothing", async () => {
    const [n] = twoSessions();
    const start = clocked(n, "start", 0);
    await harness.inTurn(start);
    const before = await sessionsOf(n);
    const counted = await repeatedRecords();
    await harness.inTurn({ ...start, receivedAt: at(5) }, again(start, 5), {
      ...start,
      at: at(1),
      receivedAt: at(300),
    });
    expect(await sessionsOf(n)).toEqual(before);
    expect(await repeatedRecords()).toBe(counted + 3);
  });

  test("an id that is used again, by the clock or without one, is another session", async () => {
    const [one, other] = twoSessions();
    await harness.inTurn(clocked(one, "start", 0), clocked(one, "stop", 600), clocked(one, "start", 601));
    expect(await sessionsOf(one)).toMatchObject([{ stoppedAt: noon + 600_000 }, { stoppedAt: null }]);
    await harness.inTurn(recordOf(other, "start", 0), recordOf(other, "stop", 600), recordOf(other, "start", 601));
    expect(await sessionsOf(other)).toHaveLength(2);
  });

  test("an id that is used again within the second, after a reboot, is another session; a repetition is none", async () => {
    const n = ++last;
    const moment = (ms: number) => new Date(noon + ms);
    const start = clocked(n, "start", 0);
    await harness.inTurn(start, { ...clocked(n, "stop", 0), at: moment(300), receivedAt: moment(300) });
    await harness.inTurn({ ...start, at: moment(0), receivedAt: moment(1100) });
    expect(await sessionsOf(n)).toHaveLength(1);
    await harness.inTurn({ ...start, at: moment(600), receivedAt: moment(600) });
    expect(await sessionsOf(n)).toHaveLength(2);
    await harness.inTurn(again(start, DAY));
    expect(await sessionsOf(n)).toHaveLength(2);
  });

  test("a Stop in the second of an Interim ends its session when it came, not when the Interim did", async () => {
    const n = ++last;
    const moment = (ms: number) => ({ at: new Date(noon + ms), receivedAt: new Date(noon + ms) });
    await harness.inTurn(clocked(n, "start", 0));
    await harness.inTurn({ ...clocked(n, "interim", 60), ...moment(60_100) });
    await harness.inTurn({ ...clocked(n, "stop", 60), ...moment(60_700) });
    expect(await sessionsOf(n)).toMatchObject([{ stoppedAt: noon + 60_700 }]);
  });

  test("a NAS whose clock was never set repeats its times: it is another session all the same", async () => {
    const [n] = twoSessions();
    const start = clocked(n, "start", 0, { eventTimestamp: 40 });
    await harness.inTurn(start, clocked(n, "stop", 600, { eventTimestamp: 640 }), again(start, 3600));
    expect(await sessionsOf(n)).toMatchObject([{ stoppedAt: noon + 600_000 }, { stoppedAt: null }]);
  });

  test("Interims go on being taken in: with a clock that is an hour wrong, and with one that is set meanwhile", async () => {
    const [wrong, set] = twoSessions();
    for (const [n, shift] of [
      [wrong, -3600],
      [set, -7200],
    ] as const)
      await harness.inTurn(
        clocked(n, "start", 0, { eventTimestamp: clock(shift) }),
        clocked(n, "interim", 300, { eventTimestamp: clock(300 + shift) }),
        clocked(n, "interim", 600, { eventTimestamp: clock(600 + (n === set ? 0 : shift)), inputOctets: 7n }),
        clocked(n, "interim", 900, { eventTimestamp: clock(900 + (n === set ? 0 : shift)), inputOctets: 9n }),
      );
    for (const n of [wrong, set])
      expect(await sessionsOf(n)).toMatchObject([{ aliveAt: noon + 900_000, inputOctets: "9", stoppedAt: null }]);
  });
});

describe("an Accounting-On that is sent again", () => {
  const on = (seconds: number, rest: Partial<NasRestart> = {}): NasRestart => ({
    nasId: "bng2",
    kind: "on",
    at: at(seconds),
    receivedAt: at(seconds),
    eventTimestamp: clock(seconds),
    ...rest,
  });
  const isOpen = async (n: number) => (await sessionsOf(n, "bng2")).some(({ stoppedAt }) => stoppedAt === null);

  test("ends what began before it, and nothing that began since", async () => {
    const [old, next] = twoSessions();
    await harness.inTurn(clocked(old, "start", 0, { nasId: "bng2" }));
    const heard = on(100);
    await harness.recorder.recordRestart(heard);
    await harness.inTurn(clocked(next, "start", 200, { nasId: "bng2" }));
    const counted = await repeatedRecords();
    await harness.recorder.recordRestart({ ...heard, at: at(5_000), receivedAt: at(5_000) });
    expect([await isOpen(old), await isOpen(next)]).toEqual([false, true]);
    expect(await repeatedRecords()).toBe(counted + 1);
  });

  test("with another delay is the same one; the next of the NAS, an Off, and one without a clock are others", async () => {
    const [old] = twoSessions();
    await harness.recorder.recordRestart(on(10_000));
    for (const [index, restart] of [
      on(20_000, { eventTimestamp: clock(20_000) }),
      on(30_000, { eventTimestamp: clock(10_000), kind: "off" }),
      on(40_000, { eventTimestamp: undefined }),
      on(50_000, { eventTimestamp: undefined }),
    ].entries()) {
      const begun = 15_000 + 10_000 * index;
      await harness.inTurn(clocked(old, "start", begun, { nasId: "bng2" }));
      await harness.recorder.recordRestart(on(begun + 1, { eventTimestamp: clock(10_000), receivedAt: at(begun + 9) }));
      expect([index, await isOpen(old)]).toEqual([index, true]);
      await harness.recorder.recordRestart(restart);
      expect([index, await isOpen(old)]).toEqual([index, false]);
    }
  });

  test("by a NAS whose clock was never set is another restart", async () => {
    const [n] = twoSessions();
    for (const seconds of [100_000, 110_000]) {
      await harness.inTurn(recordOf(n, "start", seconds - 500, { nasId: "bng2" }));
      await harness.recorder.recordRestart(on(seconds, { eventTimestamp: 12 }));
      expect(await isOpen(n)).toBe(false);
    }
  });

  test("is known among the newest thousand of its NAS, and older ones are let go", async () => {
    await harness.database.query(
      `insert into nas_restart_heard (nas_id, kind, event_timestamp, at)
       select 'bng2', 'on', number, to_timestamp(number) from generate_series(1, 1200) as number`,
    );
    await harness.recorder.recordRestart(on(120_000));
    const [row] = await harness.database.query<{ count: number; oldest: number }>(
      "select count(*)::int as count, min(event_timestamp)::int as oldest from nas_restart_heard where nas_id = 'bng2'",
    );
    expect(row?.count).toBeLessThanOrEqual(1_001);
    expect(row?.oldest).toBeGreaterThan(200);
  });
});
