import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { enqueueSessionEnd } from "../../../src/enforcement/outbox-store.ts";
import { addSession, allDone, enforcementsOf, garden, order, sessionFacts, suspend } from "./fixtures.ts";
import { createOneSession, type OneSession } from "./one-session.ts";

let one: OneSession;
beforeAll(async () => {
  one = await createOneSession();
});
beforeEach(async () => {
  await one.begin();
  await one.database.query("truncate address_interval");
});
afterEach(() => one.clear());
afterAll(() => one.drop());

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

interface Holding {
  readonly prefix?: string;
  readonly nasId?: string;
  /** Hours from now. */
  readonly from: number;
  /** Hours from now; absent: still held. */
  readonly until?: number;
}

/** Puts on record that a session has or had an address. */
const holds = (sessionId: string, { prefix = "100.64.0.1/32", nasId = "bng1", from, until }: Holding) =>
  one.database.query(
    `insert into address_interval (prefix, held_from, held_until, session_id, nas_id)
     values ($1, now() + make_interval(mins => $2), coalesce(now() + make_interval(mins => $3), 'infinity'), $4, $5)`,
    [prefix, from * 60, until === undefined ? null : until * 60, sessionId, nasId],
  );

test.each<[string, number, string, number]>([
  ["taken since, it is not asked for: it would be another customer", -1, "bng1", 0],
  ["another had before, it names the session", -3, "bng1", 1],
  ["of another NAS too, it names the session", -1, "bng2", 1],
])("where an address alone names a session, and it was %s", async (_, from, nasId, requests) => {
  const other = await addSession(one.database, "s1", nasId);
  await one.database.query("update session set stopped_at = now() where id = $1", [other]);
  await holds(one.session, { from: -2 });
  await holds(other, { from, nasId });
  one.start({ identification: byAddress("100.64.0.1") });
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(requests);
  const obstacle = requests === 0 ? "unidentified" : null;
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ obstacle });
});

test.each<[string, readonly Holding[]]>([
  ["had it for an hour", [{ from: -2, until: -1 }]],
  ["had just got it: nothing is on record", []],
])("nor is a session asked for that fell silent and is taken to be over, and %s", async (_, held) => {
  const other = await addSession(one.database, "s2");
  await one.database.query(
    `update session set stopped_at = now() - interval '1 hour', last_seen_at = now() - interval '1 hour',
       terminate_cause = 'stale' where id = $1`,
    [one.session],
  );
  for (const holding of held) await holds(one.session, holding);
  await holds(other, { from: -0.5 });
  one.start({ identification: byAddress("100.64.0.1") });
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await allDone(one.database);
  expect(one.nas.seen).toEqual([]);
});

const shared = "2001:db8::/64";

test("it is named by an address of its own, though it shares a prefix with others that its NAS is not asked for", async () => {
  const other = await addSession(one.database, "s2");
  await holds(one.session, { from: -1 });
  await holds(one.session, { prefix: shared, from: -1 });
  await holds(other, { prefix: shared, from: -0.5 });
  one.start({ identification: byAddress("100.64.0.1") });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(1);
});

test("an address that the session has again since another had it names it", async () => {
  const other = await addSession(one.database, "s2");
  await holds(one.session, { prefix: shared, from: -3, until: -2 });
  await holds(other, { prefix: shared, from: -2, until: -1 });
  await holds(one.session, { prefix: shared, from: -1 });
  one.start({ identification: byAddress("2001:db8::1/64") });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(1);
});

test("what was sent before a restart is not sent again once the address in it is another customer's", async () => {
  const other = await addSession(one.database, "s2");
  await holds(one.session, { from: -1 });
  await holds(other, { from: -0.5 });
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
