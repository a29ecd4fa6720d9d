import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Database } from "../../../src/database/database.ts";
import { enqueueForSubscribers, enqueueSessionEnd } from "../../../src/enforcement/outbox-store.ts";
import type { OutcomeDetail } from "../../../src/enforcement/outcome.ts";
import {
  addSession,
  addSubscriber,
  allDone,
  enforcementsOf,
  garden,
  order,
  sessionFacts,
  startDispatcher,
} from "./fixtures.ts";
import { createOneSession, inTurn, type OneSession } from "./one-session.ts";
import { createScriptedNas, type Script } from "./scripted-nas.ts";

let one: OneSession;
beforeAll(async () => {
  one = await createOneSession();
});
beforeEach(() => one.begin());
afterEach(() => one.clear());
afterAll(() => one.drop());

test("where nobody knows what an Access-Accept laid over, the session ends, and the next login starts clean", async () => {
  await one.database.query("update session set applied_digest = '?', grant_id = 0, granted = '' where id = $1", [
    one.session,
  ]);
  one.start({});
  await one.database.transaction((trx) =>
    enqueueForSubscribers(trx, { subscriberIds: ["s1"], reason: "session-opened" }),
  );
  await one.settle();
  await allDone(one.database);
  expect(one.nas.seen).toMatchObject([{ kind: "disconnect" }]);
  expect(await sessionFacts(one.database, one.session)).toEqual({
    applied: null,
    applied_digest: null,
    obstacle: null,
  });
});

test("what the vendor cannot express is on record, sends nothing and is not tried again", async () => {
  one.start({ steps: () => "unsupported" });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(one.nas.seen).toEqual([]);
  expect(await enforcementsOf(one.database, one.session)).toMatchObject([{ outcome: "unsupported", request: null }]);
  expect(await one.view("walled-garden")).toMatchObject({ state: "failed", sessions: [{ outcome: "unsupported" }] });
});

test("a session of a NAS that is not known any more has a named obstacle", async () => {
  const stray = await addSession(one.database, "s1", "gone");
  one.start({});
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(await sessionFacts(one.database, stray)).toMatchObject({ obstacle: "unknown-nas" });
  expect(await one.view("walled-garden")).toMatchObject({ state: "partial" });
});

const twoSteps: Script["steps"] = (to) => [
  { kind: "coa", attributes: [{ name: "Off", value: `off ${JSON.stringify(to)}` }] },
  { kind: "coa", attributes: [{ name: "Filter-Id", value: JSON.stringify(to) }] },
];

test("steps go out in order, each after the acknowledgement of the one before", async () => {
  const answered: string[] = [];
  one.start({
    steps: twoSteps,
    answer: async ({ asks }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      answered.push(asks);
      return { kind: "acknowledged" };
    },
  });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await one.settle();
  expect(answered).toEqual(['off {"isWalledGarden":true}', '{"isWalledGarden":true}']);
  expect(one.nas.overlaps).toEqual([]);
  expect((await enforcementsOf(one.database, one.session)).map(({ outcome }) => outcome)).toEqual([
    "acknowledged",
    "acknowledged",
  ]);
});

test("a second step that is refused leaves unknown what runs", async () => {
  one.start({ ...inTurn({ kind: "acknowledged" }, { kind: "refused", errorCause: 402 }), steps: twoSteps });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ applied_digest: "?", obstacle: "refused-402" });
});

test("a desire that changes between two steps is looked at anew after the first", async () => {
  const asked: string[] = [];
  one.start({
    steps: twoSteps,
    answer: async ({ asks }) => {
      asked.push(asks);
      if (asked.length === 1) await one.lift("walled-garden");
      return { kind: "acknowledged" };
    },
  });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await one.settle();
  await allDone(one.database);
  expect(asked).toEqual(['off {"isWalledGarden":true}', "off {}", "{}"]);
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ applied_digest: null, obstacle: null });
});

test("what is half done when the database fails is not taken for what was there before", async () => {
  const nas = createScriptedNas({ steps: twoSteps });
  let journalled = 0;
  const query: Database["query"] = async (text, values) => {
    if (text.includes("insert into enforcement (") && ++journalled === 2) {
      await one.lift("walled-garden");
      throw new Error("connection lost");
    }
    return await one.database.query(text, values);
  };
  await order(one.database, { subscriberId: "s1", detail: garden });
  const dispatcher = startDispatcher({ ...one.database, query }, nas);
  await allDone(one.database);
  await dispatcher.stop();
  expect(nas.seen.map(({ asks }) => asks)).toEqual(['off {"isWalledGarden":true}', "off {}", "{}"]);
  expect(nas.plans.at(-1)).toMatchObject({ isCertain: false });
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ applied_digest: null, obstacle: null });
});

test("a profile for which the NAS needs to be told nothing is followed without a request", async () => {
  one.start({ steps: () => [] });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(one.nas.seen).toEqual([]);
  expect(await one.view("walled-garden")).toMatchObject({ state: "in-force" });
});

test("an override that cannot be planned is told as unsupported and does not come again and again", async () => {
  one.start({
    steps: () => {
      throw new Error("no attribute Weird-Thing");
    },
  });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(await enforcementsOf(one.database, one.session)).toMatchObject([{ outcome: "unsupported" }]);
});

test("a session whose password was changed under it is ended once, and its profile stays as it is", async () => {
  one.start({});
  await one.database.transaction((trx) =>
    enqueueSessionEnd(trx, { subscriberId: "s1", reason: "password regenerated" }),
  );
  await one.settle();
  await allDone(one.database);
  expect(one.nas.seen.map(({ kind }) => kind)).toEqual(["disconnect"]);
  expect(await sessionFacts(one.database, one.session)).toEqual({
    applied: null,
    applied_digest: null,
    obstacle: null,
  });
});

test("what accounting showed before a change is forgotten with it", async () => {
  await one.database.query('update session set observed = \'{"Filter-Id":["open"]}\' where id = $1', [one.session]);
  one.start({});
  await order(one.database, { subscriberId: "s1", detail: garden });
  await one.settle();
  const [row] = await one.database.query("select expected, observed from session where id = $1", [one.session]);
  expect(row).toEqual({ expected: { "Filter-Id": ['{"isWalledGarden":true}'] }, observed: null });
});

test("settled() returns after its time when a NAS does not answer", async () => {
  let answer: (outcome: OutcomeDetail) => void = () => undefined;
  one.start({ answer: () => new Promise((resolve) => (answer = resolve)) });
  await order(one.database, { subscriberId: "s1", detail: garden });
  one.dispatcher?.wake();
  const begun = performance.now();
  await one.dispatcher?.settled("s1", 300);
  expect(performance.now() - begun).toBeGreaterThan(250);
  expect(await one.view("walled-garden")).toMatchObject({ state: "pending", sessions: [{ outcome: "pending" }] });
  answer({ kind: "acknowledged" });
  await one.dispatcher?.settled("s1", 5_000);
  expect(await one.view("walled-garden")).toMatchObject({ state: "in-force" });
});

test("a job that still names a subscriber who was merged away follows the one whose session it is now", async () => {
  await addSubscriber(one.database, "real");
  await order(one.database, { subscriberId: "real", detail: garden });
  await one.database.query("update session set subscriber_id = 'real' where id = $1", [one.session]);
  await one.database.query(
    `insert into enforcement_job (session_id, nas_id, subscriber_id, reason) values ($1, 'bng1', 's1', 'reconcile')`,
    [one.session],
  );
  one.start({});
  await allDone(one.database);
  expect(one.nas.seen.map(({ asks }) => asks)).toEqual(['{"isWalledGarden":true}']);
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ applied: { isWalledGarden: true } });
});
