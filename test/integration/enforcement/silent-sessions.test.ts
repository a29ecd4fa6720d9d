import { afterAll, beforeAll, expect, test } from "vitest";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import {
  addSession,
  addSubscriber,
  allDone,
  garden,
  order,
  person,
  sessionFacts,
  startDispatcher,
  suspend,
} from "./fixtures.ts";
import { createScriptedNas } from "./scripted-nas.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const fallSilent = (session: string, ago = "1 hour") =>
  db.database.query(
    "update session set stopped_at = now() - $2::interval, terminate_cause = 'stale', started_at = now() - interval '90 days' where id = $1",
    [session, ago],
  );
const lift = (subscriberId: string, kind: "walled-garden" | "suspend") =>
  db.database.transaction((trx) => liftMeasure(trx, { subscriberId, kind, by: person, now: new Date() }));
const jobsOf = (subscriberId: string) =>
  db.database.query("select session_id from enforcement_job where subscriber_id = $1", [subscriberId]);

test("a lift reaches a session that fell silent while it was held, however long ago", async () => {
  await addSubscriber(db.database, "held");
  const session = await addSession(db.database, "held");
  const nas = createScriptedNas();
  const dispatcher = startDispatcher(db.database, nas);
  try {
    await order(db.database, { subscriberId: "held", detail: garden });
    await allDone(db.database);
    expect(await sessionFacts(db.database, session)).toMatchObject({ applied: { isWalledGarden: true } });
    await fallSilent(session, "60 days");
    await lift("held", "walled-garden");
    await allDone(db.database);
    expect(await sessionFacts(db.database, session)).toMatchObject({ applied_digest: null, obstacle: null });
  } finally {
    await dispatcher.stop();
  }
});

test("a suspension reaches a session that fell silent lately, and none whose id is in use again", async () => {
  await addSubscriber(db.database, "silent");
  const lately = await addSession(db.database, "silent");
  await fallSilent(lately);
  await fallSilent(await addSession(db.database, "silent"), "5 days");
  const reused = await addSession(db.database, "silent");
  await fallSilent(reused);
  await addSubscriber(db.database, "other");
  await db.database.query(
    `insert into session (nas_id, acct_session_id, incarnation, started_at, last_event_at, last_seen_at, username, subscriber_id)
     select nas_id, acct_session_id, 2, now(), now(), now(), 'other', 'other' from session where id = $1`,
    [reused],
  );
  await order(db.database, { subscriberId: "silent", detail: suspend });
  expect(await jobsOf("silent")).toEqual([{ session_id: lately }]);
});

test("a session that its NAS does not know is left alone", async () => {
  await addSubscriber(db.database, "gone");
  const session = await addSession(db.database, "gone");
  await fallSilent(session);
  await db.database.query("update session set obstacle = 'refused-503', applied_digest = 'x' where id = $1", [session]);
  await order(db.database, { subscriberId: "gone", detail: suspend });
  expect(await jobsOf("gone")).toEqual([]);
});
