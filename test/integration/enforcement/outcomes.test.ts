import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Dispatcher } from "../../../src/enforcement/dispatcher.ts";
import { listEnforcements } from "../../../src/enforcement/enforcement-view-store.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import type { MeasureKind } from "../../../src/enforcement/measure.ts";
import { measureViewOfKind } from "../../../src/enforcement/measure-view-store.ts";
import { enqueueForSubscribers, enqueueSessionEnd } from "../../../src/enforcement/outbox-store.ts";
import type { OutcomeDetail } from "../../../src/enforcement/outcome.ts";
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
import { createScriptedNas, type Script, type ScriptedNas } from "./scripted-nas.ts";

let db: TestDatabase;
let nas: ScriptedNas;
let dispatcher: Dispatcher | undefined;
let session: string;

beforeAll(async () => {
  db = await createTestDatabase();
});
beforeEach(async () => {
  await addSubscriber(db.database, "s1");
  session = await addSession(db.database, "s1");
});
afterEach(async () => {
  await dispatcher?.stop();
  await db.database.query("truncate enforcement_job, enforcement, session, measure, subscriber cascade");
});
afterAll(() => db.drop());

const start = (script: Script, options: Parameters<typeof startDispatcher>[2] = {}) => {
  nas = createScriptedNas(script);
  dispatcher = startDispatcher(db.database, nas, options);
  return dispatcher;
};
/** Gives these answers one after another, and the last one from then on. */
const inTurn = (...answers: OutcomeDetail[]): Script => {
  let turn = 0;
  return { answer: () => answers[Math.min(turn++, answers.length - 1)]! };
};
const settle = async () => {
  dispatcher?.wake();
  await dispatcher?.settled("s1", 5_000);
};
const lift = (kind: MeasureKind) =>
  db.database.transaction((trx) => liftMeasure(trx, { subscriberId: "s1", kind, by: person, now: new Date() }));
const view = (kind: MeasureKind) => measureViewOfKind(db.database, { subscriberId: "s1", kind });

test("an acknowledged measure is in force, and its attempt is on record with its octets", async () => {
  start({});
  await order(db.database, { subscriberId: "s1", detail: garden });
  await settle();
  expect(await view("walled-garden")).toMatchObject({
    state: "in-force",
    sessions: [{ session, outcome: "acknowledged" }],
  });
  const { items } = await listEnforcements(db.database, { subscriberId: "s1" }, { limit: 10 });
  expect(items).toMatchObject([
    { session, nas: "bng1", kind: "coa", outcome: "acknowledged", attempts: 1, errorCause: null, step: 0, steps: 1 },
  ]);
  expect(items[0]?.request).toBe(Buffer.from(nas.seen[0]!.octets).toString("hex"));
  expect(items[0]?.sentAt).toBeInstanceOf(Date);
});

test("a refusal for good is failed, with its Error-Cause, and is not tried again", async () => {
  start(inTurn({ kind: "refused", errorCause: 407 }));
  await order(db.database, { subscriberId: "s1", detail: garden });
  await settle();
  await allDone(db.database);
  expect(await sessionFacts(db.database, session)).toEqual({
    applied: null,
    applied_digest: null,
    obstacle: "refused-407",
  });
  expect(await view("walled-garden")).toMatchObject({
    state: "failed",
    sessions: [{ session, outcome: "refused", errorCause: 407 }],
  });
  expect(nas.seen).toHaveLength(1);
});

test("what was refused needs no undoing: lifting sends nothing", async () => {
  start(inTurn({ kind: "refused", errorCause: 401 }));
  await order(db.database, { subscriberId: "s1", detail: garden });
  await settle();
  await lift("walled-garden");
  await settle();
  await allDone(db.database);
  expect(nas.seen).toHaveLength(1);
  expect(await sessionFacts(db.database, session)).toMatchObject({ obstacle: null });
});

test("where nobody knows what an Access-Accept laid over, the session ends, and the next login starts clean", async () => {
  await db.database.query("update session set applied_digest = '?', grant_id = 0, granted = '' where id = $1", [
    session,
  ]);
  start({});
  await db.database.transaction((trx) =>
    enqueueForSubscribers(trx, { subscriberIds: ["s1"], reason: "session-opened" }),
  );
  await settle();
  await allDone(db.database);
  expect(nas.seen).toMatchObject([{ kind: "disconnect" }]);
  expect(await sessionFacts(db.database, session)).toEqual({ applied: null, applied_digest: null, obstacle: null });
});

test("a suspension that a NAS did not answer, and that is lifted, ends no session", async () => {
  start(inTurn({ kind: "no-answer" }, { kind: "acknowledged" }), {
    timing: { retries: { silence: [60_000], busy: [], unexplained: [] } },
  });
  await order(db.database, { subscriberId: "s1", detail: suspend });
  await settle();
  await lift("suspend");
  await settle();
  await allDone(db.database);
  expect(nas.seen.filter(({ kind }) => kind === "disconnect")).toHaveLength(1);
});

test("silence is tried again; until then nobody knows, and lifting undoes what may be in force", async () => {
  start(inTurn({ kind: "no-answer" }), { timing: { retries: { silence: [60_000], busy: [], unexplained: [] } } });
  await order(db.database, { subscriberId: "s1", detail: garden });
  await settle();
  expect(await sessionFacts(db.database, session)).toEqual({
    applied: { isWalledGarden: true },
    applied_digest: "?",
    obstacle: null,
  });
  expect(await view("walled-garden")).toMatchObject({ state: "pending", sessions: [{ outcome: "no-answer" }] });
  await lift("walled-garden");
  await settle();
  expect(nas.seen.map(({ asks }) => asks)).toEqual(['{"isWalledGarden":true}', "{}"]);
});

test("silence has an end: then an operator sees the obstacle", async () => {
  start(inTurn({ kind: "no-answer" }));
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  expect(nas.seen).toHaveLength(3);
  expect(await sessionFacts(db.database, session)).toMatchObject({ applied_digest: "?", obstacle: "no-answer" });
  expect(await view("walled-garden")).toMatchObject({ state: "failed", sessions: [{ outcome: "no-answer" }] });
});

test("a new order starts the tries afresh", async () => {
  start(inTurn({ kind: "no-answer" }, { kind: "no-answer" }, { kind: "no-answer" }, { kind: "acknowledged" }));
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  expect(await view("walled-garden")).toMatchObject({ state: "in-force" });
});

test("a busy NAS is asked again and then follows", async () => {
  start(inTurn({ kind: "refused", errorCause: 506 }, { kind: "acknowledged" }));
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  const outcomes = (await enforcementsOf(db.database, session)).map(({ outcome, error_cause }) => [
    outcome,
    error_cause,
  ]);
  expect(outcomes).toEqual([
    ["refused", 506],
    ["acknowledged", null],
  ]);
});

test("answers that are not authentic are told apart from silence, tried again, and given up in the end", async () => {
  start(inTurn({ kind: "not-authentic" }));
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  expect(nas.seen).toHaveLength(3);
  expect(await view("walled-garden")).toMatchObject({ state: "failed", sessions: [{ outcome: "not-authentic" }] });
});

test("a release that the NAS refuses for good is followed by a Disconnect, once", async () => {
  start({
    answer: ({ kind, asks }) =>
      kind === "coa" && asks === "{}" ? { kind: "refused", errorCause: 407 } : { kind: "acknowledged" },
    takesAway: true,
  });
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  await lift("walled-garden");
  await settle();
  await allDone(db.database);
  expect(nas.seen.map(({ kind }) => kind)).toEqual(["coa", "coa", "disconnect"]);
  expect(await sessionFacts(db.database, session)).toMatchObject({ obstacle: null });
});

test("all that may be in force after silence is remembered as it was sent, until an acknowledged change takes it away", async () => {
  start(inTurn({ kind: "acknowledged" }, { kind: "no-answer" }, { kind: "no-answer" }, { kind: "no-answer" }));
  await order(db.database, { subscriberId: "s1", detail: throttle() });
  await allDone(db.database);
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  const [row] = await db.database.query<{ imposed: { attributes: { value: string }[] } }>(
    "select imposed from session where id = $1",
    [session],
  );
  const asked = row?.imposed.attributes.map(({ value }) => JSON.parse(value));
  expect(asked).toEqual([
    { throttle: { downKbps: 1000, upKbps: 256 } },
    { isWalledGarden: true, throttle: { downKbps: 1000, upKbps: 256 } },
  ]);
});

test("a suspended session is told once to end, and its Stop ends the matter", async () => {
  start({});
  await order(db.database, { subscriberId: "s1", detail: suspend });
  await settle();
  dispatcher?.wake();
  await allDone(db.database);
  expect(nas.seen.map(({ kind }) => kind)).toEqual(["disconnect"]);
  await stopSession(db.database, session);
  expect(await view("suspend")).toMatchObject({ state: "in-force", sessions: [{ session, outcome: "acknowledged" }] });
});

test("a session that the NAS does not know counts as ended for a suspension, and as failed for a throttle", async () => {
  start(inTurn({ kind: "refused", errorCause: 503 }));
  await order(db.database, { subscriberId: "s1", detail: throttle() });
  await allDone(db.database);
  expect(await view("throttle")).toMatchObject({
    state: "failed",
    sessions: [{ outcome: "refused", errorCause: 503 }],
  });
  await order(db.database, { subscriberId: "s1", detail: suspend });
  await allDone(db.database);
  expect(await view("suspend")).toMatchObject({
    state: "in-force",
    sessions: [{ outcome: "refused", errorCause: 503 }],
  });
});

test("what the vendor cannot express is on record, sends nothing and is not tried again", async () => {
  start({ steps: () => "unsupported" });
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  expect(nas.seen).toEqual([]);
  expect(await enforcementsOf(db.database, session)).toMatchObject([{ outcome: "unsupported", request: null }]);
  expect(await view("walled-garden")).toMatchObject({ state: "failed", sessions: [{ outcome: "unsupported" }] });
});

test("a session of a NAS that is not known any more has a named obstacle", async () => {
  const stray = await addSession(db.database, "s1", "gone");
  start({});
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  expect(await sessionFacts(db.database, stray)).toMatchObject({ obstacle: "unknown-nas" });
  expect(await view("walled-garden")).toMatchObject({ state: "partial" });
});

const twoSteps: Script["steps"] = (to) => [
  { kind: "coa", attributes: [{ name: "Off", value: `off ${JSON.stringify(to)}` }] },
  { kind: "coa", attributes: [{ name: "Filter-Id", value: JSON.stringify(to) }] },
];

test("steps go out in order, each after the acknowledgement of the one before", async () => {
  const answered: string[] = [];
  start({
    steps: twoSteps,
    answer: async ({ asks }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      answered.push(asks);
      return { kind: "acknowledged" };
    },
  });
  await order(db.database, { subscriberId: "s1", detail: garden });
  await settle();
  expect(answered).toEqual(['off {"isWalledGarden":true}', '{"isWalledGarden":true}']);
  expect(nas.overlaps).toEqual([]);
  expect((await enforcementsOf(db.database, session)).map(({ outcome }) => outcome)).toEqual([
    "acknowledged",
    "acknowledged",
  ]);
});

test("a second step that is refused leaves unknown what runs", async () => {
  start({ ...inTurn({ kind: "acknowledged" }, { kind: "refused", errorCause: 402 }), steps: twoSteps });
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  expect(await sessionFacts(db.database, session)).toMatchObject({ applied_digest: "?", obstacle: "refused-402" });
});

test("a desire that changes between two steps is looked at anew after the first", async () => {
  const asked: string[] = [];
  start({
    steps: twoSteps,
    answer: async ({ asks }) => {
      asked.push(asks);
      if (asked.length === 1) await lift("walled-garden");
      return { kind: "acknowledged" };
    },
  });
  await order(db.database, { subscriberId: "s1", detail: garden });
  await settle();
  await allDone(db.database);
  expect(asked).toEqual(['off {"isWalledGarden":true}', "off {}", "{}"]);
  expect(await sessionFacts(db.database, session)).toMatchObject({ applied_digest: null, obstacle: null });
});

test("a profile for which the NAS needs to be told nothing is followed without a request", async () => {
  start({ steps: () => [] });
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  expect(nas.seen).toEqual([]);
  expect(await view("walled-garden")).toMatchObject({ state: "in-force" });
});

test("an override that cannot be planned is told as unsupported and does not come again and again", async () => {
  start({
    steps: () => {
      throw new Error("no attribute Weird-Thing");
    },
  });
  await order(db.database, { subscriberId: "s1", detail: garden });
  await allDone(db.database);
  expect(await enforcementsOf(db.database, session)).toMatchObject([{ outcome: "unsupported" }]);
});

test("a session whose password was changed under it is ended once, and its profile stays as it is", async () => {
  start({});
  await db.database.transaction((trx) =>
    enqueueSessionEnd(trx, { subscriberId: "s1", reason: "password regenerated" }),
  );
  await settle();
  await allDone(db.database);
  expect(nas.seen.map(({ kind }) => kind)).toEqual(["disconnect"]);
  expect(await sessionFacts(db.database, session)).toEqual({ applied: null, applied_digest: null, obstacle: null });
});

test("what accounting showed before a change is forgotten with it", async () => {
  await db.database.query('update session set observed = \'{"Filter-Id":["open"]}\' where id = $1', [session]);
  start({});
  await order(db.database, { subscriberId: "s1", detail: garden });
  await settle();
  const [row] = await db.database.query("select expected, observed from session where id = $1", [session]);
  expect(row).toEqual({ expected: { "Filter-Id": ['{"isWalledGarden":true}'] }, observed: null });
});

test("settled() returns after its time when a NAS does not answer", async () => {
  let answer: (outcome: OutcomeDetail) => void = () => undefined;
  start({ answer: () => new Promise((resolve) => (answer = resolve)) });
  await order(db.database, { subscriberId: "s1", detail: garden });
  dispatcher?.wake();
  const begun = performance.now();
  await dispatcher?.settled("s1", 300);
  expect(performance.now() - begun).toBeGreaterThan(250);
  expect(await view("walled-garden")).toMatchObject({ state: "pending", sessions: [{ outcome: "pending" }] });
  answer({ kind: "acknowledged" });
  await dispatcher?.settled("s1", 5_000);
  expect(await view("walled-garden")).toMatchObject({ state: "in-force" });
});

test("a job that still names a subscriber who was merged away follows the one whose session it is now", async () => {
  await addSubscriber(db.database, "real");
  await order(db.database, { subscriberId: "real", detail: garden });
  await db.database.query("update session set subscriber_id = 'real' where id = $1", [session]);
  await db.database.query(
    `insert into enforcement_job (session_id, nas_id, subscriber_id, reason) values ($1, 'bng1', 's1', 'reconcile')`,
    [session],
  );
  start({});
  await allDone(db.database);
  expect(nas.seen.map(({ asks }) => asks)).toEqual(['{"isWalledGarden":true}']);
  expect(await sessionFacts(db.database, session)).toMatchObject({ applied: { isWalledGarden: true } });
});
