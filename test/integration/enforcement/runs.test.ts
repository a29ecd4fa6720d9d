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
  suspend,
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

test("nothing is sent for a session that no request could name: a NAS may end any", async () => {
  one.start({ identification: { kind: "none" } });
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await allDone(one.database);
  expect(one.nas.seen).toEqual([]);
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ applied: null, obstacle: "unidentified" });
  expect(await enforcementsOf(one.database, one.session)).toMatchObject([{ outcome: "unsupported", request: null }]);
  expect(await one.view("suspend")).toMatchObject({ state: "failed" });
});

test("nor to end it for a password that was changed", async () => {
  one.start({ identification: { kind: "none" } });
  await one.database.transaction((trx) =>
    enqueueSessionEnd(trx, { subscriberId: "s1", reason: "password regenerated" }),
  );
  await allDone(one.database);
  expect(one.nas.seen).toEqual([]);
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ obstacle: "unidentified" });
});

const byAddress = (...addresses: string[]) => ({ kind: "address", addresses }) as const;

/** The session's address by the records, and the same address of another session some seconds later. */
const addressHeldSince = (sessionId: string, seconds: number, nasId = "bng1") =>
  one.database.query(
    `insert into address_interval (prefix, held_from, session_id, nas_id)
     values ('100.64.0.1/32', timestamptz '2026-11-01' + make_interval(secs => $2), $1, $3)`,
    [sessionId, seconds, nasId],
  );

test.each<[string, number, string, number]>([
  ["taken since, it is not asked for: it would be another customer", 60, "bng1", 0],
  ["another had before, it names the session", -60, "bng1", 1],
  ["of another NAS too, it names the session", 60, "bng2", 1],
])("where an address alone names a session, and it was %s", async (_, seconds, nasId, requests) => {
  await one.database.query("truncate address_interval");
  const other = await addSession(one.database, "s1", nasId);
  await one.database.query("update session set stopped_at = now() where id = $1", [other]);
  await addressHeldSince(one.session, 0);
  await addressHeldSince(other, seconds, nasId);
  one.start({ identification: byAddress("100.64.0.1") });
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(requests);
  const obstacle = requests === 0 ? "unidentified" : null;
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ obstacle });
});

test.each([
  ["had it for an hour", "2 hours"],
  ["had just got it: nothing is on record", "1 hour"],
])("nor is a session asked for that fell silent and is taken to be over, and %s", async (_, since) => {
  await one.database.query("truncate address_interval");
  const other = await addSession(one.database, "s2");
  await one.database.query(
    `update session set stopped_at = now() - interval '1 hour', last_seen_at = now() - interval '1 hour',
       terminate_cause = 'stale' where id = $1`,
    [one.session],
  );
  await one.database.query(
    `insert into address_interval (prefix, held_from, held_until, session_id, nas_id)
     select '100.64.0.1/32', held.* from (
       values (now() - $3::interval, now() - interval '1 hour', $1::bigint, 'bng1'),
         (now() - interval '30 minutes', 'infinity', $2, 'bng1')) as held (held_from, held_until, session_id, nas_id)
     where held.held_from < held.held_until`,
    [one.session, other, since],
  );
  one.start({ identification: byAddress("100.64.0.1") });
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await allDone(one.database);
  expect(one.nas.seen).toEqual([]);
});

test("it is named by an address of its own, though it shares a prefix with others that its NAS is not asked for", async () => {
  await one.database.query("truncate address_interval");
  const other = await addSession(one.database, "s2");
  await one.database.query(
    `insert into address_interval (prefix, held_from, session_id, nas_id)
     select prefix::cidr, now(), session_id, 'bng1' from (values ('100.64.0.1/32', $1::bigint), ('2001:db8::/64', $1),
       ('2001:db8::/64', $2)) as held (prefix, session_id)`,
    [one.session, other],
  );
  one.start({ identification: byAddress("100.64.0.1") });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(1);
});

test("an address that the session has again since another had it names it", async () => {
  await one.database.query("truncate address_interval");
  const other = await addSession(one.database, "s2");
  await one.database.query(
    `insert into address_interval (prefix, held_from, held_until, session_id, nas_id)
     select '2001:db8::/64', now() + held_from::interval, coalesce(now() + held_until::interval, 'infinity'), session_id, 'bng1'
     from (values ('-3 hours', '-2 hours', $1::bigint), ('-2 hours', '-1 hour', $2), ('-1 hour', null, $1))
       as held (held_from, held_until, session_id)`,
    [one.session, other],
  );
  one.start({ identification: byAddress("2001:db8::1/64") });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(1);
});

test("what was sent before a restart is not sent again once the address in it is another customer's", async () => {
  await one.database.query("truncate address_interval");
  const other = await addSession(one.database, "s2");
  await addressHeldSince(one.session, 0);
  await addressHeldSince(other, 60);
  await one.database.query(
    `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, profile, digest, step, steps,
       local_port, request) values ($1, 's1', 'bng1', 'disconnect', 'before', now(), '{}', 'x', 0, 1, 20000, $2)`,
    [one.session, JSON.stringify({ sessionId: one.session, kind: "disconnect", asks: "" })],
  );
  one.start({ identification: byAddress("100.64.0.1") });
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await allDone(one.database);
  expect(one.nas.seen).toEqual([]);
  expect(await enforcementsOf(one.database, one.session)).toMatchObject([
    { outcome: "no-answer" },
    { outcome: "unsupported" },
  ]);
});
