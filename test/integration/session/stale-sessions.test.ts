import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { walk } from "../../../src/jobs/walk.ts";
import { forgetHeard, HEARD_SLOT_MS } from "../../../src/session/heard-nas-store.ts";
import { closeStaleSessions } from "../../../src/session/stale-session-store.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "./recorder-harness.ts";

let harness: RecorderHarness;
beforeAll(async () => {
  harness = await createRecorderHarness();
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.database.query("truncate session, address_interval, subscriber, nas_heard, walk cascade");
});

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** What another session of the NAS does when Interims come from it, second for second. */
async function nasIsHeard(from: number, to: number, nasId = "bng1"): Promise<void> {
  await harness.database.query(
    "insert into nas_heard select $1, slot from generate_series($2::timestamptz, $3::timestamptz, $4 * interval '1 ms') as slot on conflict do nothing",
    [nasId, at(from), at(to), HEARD_SLOT_MS],
  );
}

const endedAt = async (seconds: number): Promise<number> => {
  const rule = { now: at(seconds), unknownIntervalMs: DAY * 1000 };
  return (await closeStaleSessions(harness.database, rule, { after: "0", limit: 100 })).ended;
};

const interimSeconds = 10 * MINUTE;

test("a session that misses three Interims while its NAS is heard is over since it was last seen", async () => {
  await harness.inTurn(recordOf(1, "start", 0), recordOf(1, "interim", 600, { interimSeconds }));
  await nasIsHeard(0, HOUR);
  expect(await endedAt(600 + 29 * MINUTE)).toBe(0);
  expect(await endedAt(600 + 45 * MINUTE)).toBe(1);
  const [session] = await harness.database.query("select stopped_at, terminate_cause from session");
  expect(session).toEqual({ stopped_at: at(600), terminate_cause: "stale" });
});

test("after an outage nothing is over until the NAS was heard for as long as three Interims take", async () => {
  await harness.inTurn(recordOf(1, "start", 0), recordOf(1, "interim", 600, { interimSeconds }));
  await nasIsHeard(0, 600);
  expect(await endedAt(6 * HOUR)).toBe(0);
  await nasIsHeard(6 * HOUR, 7 * HOUR);
  expect(await endedAt(6 * HOUR + 25 * MINUTE)).toBe(0);
  expect(await endedAt(6 * HOUR + 45 * MINUTE)).toBe(1);
});

test("that another NAS is heard says nothing of the session's", async () => {
  await harness.inTurn(recordOf(1, "start", 0), recordOf(1, "interim", 600, { interimSeconds }));
  await harness.database.query("truncate nas_heard");
  await nasIsHeard(0, DAY, "bng2");
  expect(await endedAt(DAY)).toBe(0);
});

test("a session of a NAS that sends no Interims is not over for being silent", async () => {
  await harness.inTurn(recordOf(1, "start", 0), recordOf(2, "start", 0), recordOf(2, "interim", 600));
  await nasIsHeard(0, 3 * DAY);
  expect(await endedAt(20 * HOUR)).toBe(0);
  expect(await endedAt(2 * DAY)).toBe(1);
  const open = await harness.database.query("select acct_session_id from session where stopped_at is null");
  expect(open).toEqual([{ acct_session_id: "S1" }]);
});

test("each record tells that its NAS is heard, once in five minutes", async () => {
  const slots = async () => {
    const rows = await harness.database.query<{ slot: Date }>(
      "select slot from nas_heard where nas_id = 'bng2' order by slot",
    );
    return rows.map(({ slot }) => slot);
  };
  const of = (seconds: number) => recordOf(9, "interim", seconds, { nasId: "bng2" });
  const recorder = harness.anotherRecorder();
  for (const seconds of [10, 20, 310, 900]) await recorder.record(of(seconds));
  await recorder.recordRestart({ nasId: "bng2", kind: "on", at: at(1_300), receivedAt: at(1_300) });
  await recorder.stop();
  expect(await slots()).toEqual([at(0), at(300), at(900), at(1_200)]);
  expect(await forgetHeard(harness.database, at(900), 10)).toBe(2);
  expect(await slots()).toEqual([at(900), at(1_200)]);
});

test("a walk looks at so many rows in a run, and the next run goes on where it ended", async () => {
  const looked: string[] = [];
  const rows = ["1", "2", "3", "4", "5"];
  const run = (most: number) =>
    walk(
      harness.database,
      { name: "test", portion: 2, most, signal: new AbortController().signal },
      async ({ after, limit }) => {
        const portion = rows.filter((id) => id > after).slice(0, limit);
        looked.push(portion.join(""));
        return { found: portion.length, last: portion.length < limit ? undefined : portion.at(-1) };
      },
    );
  expect([await run(2), await run(100), await run(4)]).toEqual([2, 3, 4]);
  expect(looked).toEqual(["12", "34", "5", "12", "34"]);
});
