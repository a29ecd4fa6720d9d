import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Dispatcher } from "../../../src/enforcement/dispatcher.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import {
  addSession,
  addSubscriber,
  allDone,
  enforcementsOf,
  garden,
  order,
  person,
  sessionFacts,
  startDispatcher,
  stopSession,
  suspend,
  throttle,
} from "./fixtures.ts";
import { createScriptedNas } from "./scripted-nas.ts";

let db: TestDatabase;
let running: Dispatcher[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
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

test("a measure is brought to every open session of its subscriber, and to no other", async () => {
  const nas = createScriptedNas();
  const dispatcher = start(db.database, nas);
  await addSubscriber(db.database, "s1");
  await addSubscriber(db.database, "s2");
  const mine = [await addSession(db.database, "s1"), await addSession(db.database, "s1")];
  await addSession(db.database, "s2");
  await order(db.database, { subscriberId: "s1", detail: garden });
  dispatcher.wake();
  await dispatcher.settled("s1", 5_000);
  expect(nas.seen.map(({ sessionId }) => sessionId).sort()).toEqual([...mine].sort());
  for (const id of mine) {
    expect(await sessionFacts(db.database, id)).toMatchObject({ applied: { isWalledGarden: true }, obstacle: null });
    const [enforcement] = await enforcementsOf(db.database, id);
    expect(enforcement).toMatchObject({ kind: "coa", outcome: "acknowledged", reason: "walled-garden ordered" });
  }
  await allDone(db.database);
});

test("lifting brings the session back to the unrestricted profile", async () => {
  const nas = createScriptedNas();
  const dispatcher = start(db.database, nas);
  await addSubscriber(db.database, "s1");
  const session = await addSession(db.database, "s1");
  await order(db.database, { subscriberId: "s1", detail: throttle() });
  dispatcher.wake();
  await dispatcher.settled("s1", 5_000);
  await db.database.transaction((trx) =>
    liftMeasure(trx, { subscriberId: "s1", kind: "throttle", by: person, now: new Date() }),
  );
  dispatcher.wake();
  await dispatcher.settled("s1", 5_000);
  expect(await sessionFacts(db.database, session)).toMatchObject({ applied: null, applied_digest: null });
  expect(nas.runs.get(session)).toBe("{}");
});

test("without wake() the notification of the transaction is enough", async () => {
  const nas = createScriptedNas();
  start(db.database, nas, { timing: { pollMs: 60_000 } });
  await addSubscriber(db.database, "s1");
  const session = await addSession(db.database, "s1");
  await vi.waitFor(async () => {
    const listeners = await db.database.query(
      "select from pg_stat_activity where datname = current_database() and application_name = 'weir-listen-weir_enforcement'",
    );
    expect(listeners.length).toBeGreaterThan(0);
  });
  await order(db.database, { subscriberId: "s1", detail: suspend });
  await allDone(db.database);
  expect(nas.runs.has(session)).toBe(true);
});

test("a session that ended before its job was claimed is left alone", async () => {
  const nas = createScriptedNas();
  await addSubscriber(db.database, "s1");
  const session = await addSession(db.database, "s1");
  await order(db.database, { subscriberId: "s1", detail: garden });
  await stopSession(db.database, session);
  start(db.database, nas);
  await allDone(db.database);
  expect(nas.seen).toEqual([]);
});
