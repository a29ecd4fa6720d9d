import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Dispatcher } from "../../../src/enforcement/dispatcher.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { enqueueOpened } from "../../../src/enforcement/outbox-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { addSession, addSubscriber, allDone, garden, order, person, startDispatcher, suspend } from "./fixtures.ts";
import { createScriptedNas } from "./scripted-nas.ts";

let db: TestDatabase;
let running: Dispatcher[] = [];

beforeAll(async () => {
  db = await createTestDatabase({ maxConnections: 20 });
});
afterEach(async () => {
  await Promise.all(running.map((dispatcher) => dispatcher.stop()));
  running = [];
  await db.database.query("truncate enforcement_job, enforcement, session, measure, subscriber cascade");
});
afterAll(() => db.drop());

const start = (...args: Parameters<typeof startDispatcher>): Dispatcher => {
  const dispatcher = startDispatcher(...args);
  running.push(dispatcher);
  return dispatcher;
};

/** One subscriber a session, all suspended by one statement, as an order each would. */
async function manySuspended(perNas: Record<string, number>): Promise<void> {
  for (const [nasId, count] of Object.entries(perNas))
    await db.database.query(
      `with numbers as (select generate_series(1, $2::int) as number),
       subscribers as (
         insert into subscriber (id, profile, profile_digest)
         select $1 || '-' || number, '{"isSuspended":true}', 'suspended' from numbers returning id),
       sessions as (
         insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, username, subscriber_id)
         select $1, id, now(), now(), now(), id, id from subscribers returning id, nas_id, subscriber_id)
       insert into enforcement_job (session_id, nas_id, subscriber_id, reason)
       select id, nas_id, subscriber_id, 'test' from sessions`,
      [nasId, count],
    );
}

const followers = async (nasId: string): Promise<number> => {
  const [row] = await db.database.query<{ count: number }>(
    "select count(*)::int as count from session where nas_id = $1 and applied_digest = 'suspended'",
    [nasId],
  );
  return row!.count;
};

test("two nodes bring 1,000 sessions to their profile, each with exactly one request", async () => {
  const nasIds = ["bng1", "bng2", "bng3"];
  await manySuspended({ bng1: 500, bng2: 400, bng3: 100 });
  const nas = createScriptedNas({
    answer: () => new Promise((resolve) => setTimeout(resolve, Math.random() * 5, { kind: "acknowledged" })),
  });
  start(db.database, nas, { nodeId: "one", nasIds });
  start(db.database, nas, { nodeId: "two", nasIds });
  await allDone(db.database, 25_000);
  expect(nas.seen).toHaveLength(1000);
  expect(new Set(nas.seen.map(({ sessionId }) => sessionId)).size).toBe(1000);
  expect(nas.overlaps).toEqual([]);
  const rows = await db.database.query<{ outcome: string; count: number }>(
    "select outcome, count(*)::int as count from enforcement group by outcome",
  );
  expect(rows).toEqual([{ outcome: "acknowledged", count: 1000 }]);
});

test("a NAS gets no more requests at once than it has room for", async () => {
  await manySuspended({ bng1: 200 });
  const nas = createScriptedNas({
    capacity: () => 5,
    answer: () => new Promise((resolve) => setTimeout(resolve, 2, { kind: "acknowledged" })),
  });
  start(db.database, nas);
  await allDone(db.database, 20_000);
  expect(await followers("bng1")).toBe(200);
  expect(nas.mostInFlight("bng1")).toBe(5);
});

test("a dead NAS with ten thousand sessions does not keep another waiting", async () => {
  await manySuspended({ dead: 10_000, alive: 200 });
  const nas = createScriptedNas({
    answer: ({ nasId }) => (nasId === "dead" ? new Promise(() => undefined) : { kind: "acknowledged" }),
  });
  start(db.database, nas, { nasIds: ["dead", "alive"], timing: { stopMs: 50 } });
  await vi.waitFor(async () => expect(await followers("alive")).toBe(200), { timeout: 10_000, interval: 20 });
  expect(nas.mostInFlight("dead")).toBeLessThanOrEqual(64);
});

test("what a stopped node had under way is given back, and resumed by another with the same octets", async () => {
  await manySuspended({ bng1: 1 });
  const silent = createScriptedNas({ answer: () => new Promise(() => undefined) });
  const first = start(db.database, silent, { nodeId: "one", timing: { stopMs: 50 } });
  await vi.waitFor(() => expect(silent.seen).toHaveLength(1));
  await first.stop();
  const answering = createScriptedNas();
  start(db.database, answering, { nodeId: "two" });
  await allDone(db.database);
  expect(answering.seen.map(({ octets }) => octets)).toEqual(silent.seen.map(({ octets }) => octets));
  expect(await followers("bng1")).toBe(1);
});

test("ordering and lifting at once ends unrestricted, whatever comes between", async () => {
  const nas = createScriptedNas({
    answer: () => new Promise((resolve) => setTimeout(resolve, Math.random() * 4, { kind: "acknowledged" })),
  });
  const dispatcher = start(db.database, nas);
  const ids = Array.from({ length: 30 }, (_, index) => `s${index}`);
  for (const id of ids) {
    await addSubscriber(db.database, id);
    await addSession(db.database, id);
  }
  const flap = async (subscriberId: string) => {
    for (const _ of [1, 2, 3]) {
      await order(db.database, { subscriberId, detail: garden });
      dispatcher.wake();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 6));
      await db.database.transaction((trx) =>
        liftMeasure(trx, { subscriberId, kind: "walled-garden", by: person, now: new Date() }),
      );
      dispatcher.wake();
    }
  };
  await Promise.all(ids.map(flap));
  await allDone(db.database);
  const rows = await db.database.query("select from session where applied_digest is not null or obstacle is not null");
  expect(rows).toEqual([]);
  expect(nas.overlaps).toEqual([]);
  for (const [, runs] of nas.runs) expect(runs).toBe("{}");
});

test("a session that opens while its measure is ordered is never missed", async () => {
  const nas = createScriptedNas();
  const dispatcher = start(db.database, nas);
  const ids = Array.from({ length: 60 }, (_, index) => `s${index}`);
  for (const id of ids) await addSubscriber(db.database, id);
  const open = (subscriberId: string) =>
    db.database.transaction(async (trx) => {
      const id = await addSession(trx, subscriberId);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      await enqueueOpened(trx, [{ id, nasId: "bng1", subscriberId, appliedDigest: null }]);
    });
  await Promise.all(ids.flatMap((id) => [open(id), order(db.database, { subscriberId: id, detail: suspend })]));
  dispatcher.wake();
  await allDone(db.database);
  const [row] = await db.database.query<{ count: number }>(
    "select count(*)::int as count from session join subscriber on subscriber.id = session.subscriber_id where applied_digest = profile_digest",
  );
  expect(row!.count).toBe(60);
});
