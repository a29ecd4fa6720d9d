import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Dispatcher } from "../../../src/enforcement/dispatcher.ts";
import { enqueueForSubscribers } from "../../../src/enforcement/outbox-store.ts";
import { raiseObstacle } from "../../../src/enforcement/reconcile-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { addSession, addSubscriber, allDone, garden, order, startDispatcher } from "./fixtures.ts";
import { createScriptedNas, type Script } from "./scripted-nas.ts";

let db: TestDatabase;
let dispatcher: Dispatcher | undefined;
let session: string;
let caseId: string;

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(async () => {
  await addSubscriber(db.database, "s1");
  session = await addSession(db.database, "s1");
  const [opened] = await db.database.query<{ id: string }>(
    `insert into subscriber_case (subscriber_id, category, severity, state, opened_at, updated_at)
     values ('s1', 'botnet', 'high', 'open', now(), now()) returning id`,
  );
  caseId = opened!.id;
});
afterEach(async () => {
  await dispatcher?.stop();
  await db.database.query(
    "truncate case_event, subscriber_case, enforcement_job, enforcement, session, measure, subscriber cascade",
  );
});
afterAll(() => db.drop());

async function gardenAgainst(script: Script): Promise<void> {
  dispatcher = startDispatcher(db.database, createScriptedNas(script));
  await order(db.database, { subscriberId: "s1", detail: garden, caseId });
  await allDone(db.database);
}

const tryAgain = async () => {
  await db.database.transaction((trx) => enqueueForSubscribers(trx, { subscriberIds: ["s1"], reason: "again" }));
  await allDone(db.database);
};

const timeline = async () =>
  (
    await db.database.query<{ note: string }>(
      "select note from case_event where case_id = $1 and kind = 'measure-not-in-force' order by id",
      [caseId],
    )
  ).map(({ note }) => note.replace(/acct-\d+/, "S"));

test("what the vendor cannot express is told in the case, with why", async () => {
  await gardenAgainst({ steps: () => "unsupported" });
  expect(await timeline()).toEqual([
    "walled-garden is not in force on session S of bng1: unsupported (block-ports: no filters here)",
  ]);
});

test("a refusal for good is told once, however often it is tried again", async () => {
  await gardenAgainst({ answer: () => ({ kind: "refused", errorCause: 407 }) });
  await tryAgain();
  expect(await timeline()).toEqual(["walled-garden is not in force on session S of bng1: refused-407"]);
});

test("silence is told when the tries are at their end", async () => {
  await gardenAgainst({ answer: () => ({ kind: "no-answer" }) });
  expect(await timeline()).toEqual(["walled-garden is not in force on session S of bng1: no-answer"]);
});

test("a drift that is given up is told", async () => {
  await gardenAgainst({});
  await db.database.transaction((trx) => raiseObstacle(trx, [session], "drifted"));
  expect(await timeline()).toEqual(["walled-garden is not in force on session S of bng1: drifted"]);
});

test("what heals by itself, and what belongs to a case that is closed, is not told", async () => {
  await gardenAgainst({ answer: () => ({ kind: "refused", errorCause: 503 }) });
  expect(await timeline()).toEqual([]);
  await db.database.query("update subscriber_case set state = 'closed', closed_at = now()");
  await db.database.transaction((trx) => raiseObstacle(trx, [session], "drifted"));
  expect(await timeline()).toEqual([]);
});
