import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { approveMeasure, rejectMeasure } from "../../../src/enforcement/approve-measure.ts";
import { expireMeasures } from "../../../src/enforcement/expire-measures.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { measureById } from "../../../src/enforcement/measure-store.ts";
import { refreshSubscribers } from "../../../src/enforcement/refresh-profiles.ts";
import { endPasswordRegeneration, markPasswordRegenerated } from "../../../src/enforcement/regenerate-password.ts";
import { releaseAll } from "../../../src/enforcement/release-all.ts";
import { loginProfile } from "../../../src/enforcement/subscriber-profile-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { addSession, addSubscriber, garden, order, person, suspend, throttle } from "./fixtures.ts";

let db: TestDatabase;
const now = new Date("2026-11-01T00:00:00Z");
const later = (ms: number) => new Date(now.getTime() + ms);
const terminate = { kind: "terminate", params: {} } as const;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.database.query("truncate enforcement_job, enforcement, session, measure, subscriber cascade"));
afterAll(() => db.drop());

const jobs = () =>
  db.database.query<{ session_id: string; revision: number; reason: string; ends_session: boolean }>(
    "select session_id, revision, reason, ends_session from enforcement_job order by session_id",
  );
const profileOfSubscriber = async (username: string) => (await loginProfile(db.database, [username])).get(username);
const lift = (kind: "throttle" | "walled-garden" | "suspend" | "terminate") =>
  db.database.transaction((trx) => liftMeasure(trx, { subscriberId: "s1", kind, by: person, reason: "clean", now }));
const decide = (what: typeof approveMeasure | typeof rejectMeasure, measureId: string, by: string) =>
  db.database.transaction((trx) => what(trx, { measureId, by, now }));

test("an order changes the profile and enqueues the open sessions in one transaction", async () => {
  await addSubscriber(db.database, "s1");
  const session = await addSession(db.database, "s1");
  const { measure, changed } = await order(db.database, { subscriberId: "s1", detail: throttle(512), now });
  expect(changed).toBe(true);
  expect(measure).toMatchObject({ kind: "throttle", state: "active", orderedBy: person, reason: "test" });
  expect(measure.until).toEqual(later(30 * 86_400_000));
  expect(await profileOfSubscriber("s1")).toMatchObject({ profile: { throttle: { downKbps: 512 } } });
  expect(await jobs()).toEqual([{ session_id: session, revision: 1, reason: "throttle ordered", ends_session: false }]);
});

test("an order that is rolled back leaves no job behind", async () => {
  await addSubscriber(db.database, "s1");
  await addSession(db.database, "s1");
  const failing = db.database.transaction(async (trx) => {
    const { orderMeasure } = await import("../../../src/enforcement/order-measure.ts");
    await orderMeasure(trx, { subscriberId: "s1", detail: garden, reason: "x", orderedBy: person, now });
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(await jobs()).toEqual([]);
});

test("an order for nobody is refused", async () => {
  await expect(order(db.database, { subscriberId: "nobody", detail: garden })).rejects.toMatchObject({
    code: "unknown-subscriber",
  });
});

test("the same again changes nothing; other params take its place and leave it as history", async () => {
  await addSubscriber(db.database, "s1");
  const first = await order(db.database, { subscriberId: "s1", detail: throttle(512), now });
  const same = await order(db.database, { subscriberId: "s1", detail: throttle(512), now });
  expect(same).toMatchObject({ changed: false, measure: { id: first.measure.id } });
  const other = await order(db.database, { subscriberId: "s1", detail: throttle(64), now });
  expect(other).toMatchObject({ changed: true, measure: { state: "active", params: { downKbps: 64 } } });
  expect(await measureById(db.database, first.measure.id)).toMatchObject({
    state: "lifted",
    liftedReason: "replaced by a newer one",
  });
  expect((await profileOfSubscriber("s1"))?.profile).toEqual({ throttle: { downKbps: 64, upKbps: 256 } });
});

test("a person who orders the same again has tried again what could not be done", async () => {
  await addSubscriber(db.database, "s1");
  await addSession(db.database, "s1");
  await order(db.database, { subscriberId: "s1", detail: garden });
  await db.database.query("delete from enforcement_job");
  const automatic = { sourceId: "x", category: "botnet" };
  await order(db.database, { subscriberId: "s1", detail: garden, orderedBy: "playbook:p", automatic });
  expect(await jobs()).toEqual([]);
  expect(await order(db.database, { subscriberId: "s1", detail: garden })).toMatchObject({ changed: false });
  expect(await jobs()).toMatchObject([{ reason: "walled-garden tried again" }]);
});

test("lifting one measure leaves the others in force", async () => {
  await addSubscriber(db.database, "s1");
  await order(db.database, { subscriberId: "s1", detail: garden });
  await order(db.database, { subscriberId: "s1", detail: throttle(512) });
  expect(await lift("walled-garden")).toMatchObject({ state: "lifted", liftedBy: person, liftedReason: "clean" });
  expect((await profileOfSubscriber("s1"))?.profile).toEqual({ throttle: { downKbps: 512, upKbps: 256 } });
  expect(await lift("walled-garden")).toBeUndefined();
});

test("orders that come before the first is carried out fall together into one job", async () => {
  await addSubscriber(db.database, "s1");
  await addSession(db.database, "s1");
  await order(db.database, { subscriberId: "s1", detail: garden });
  await order(db.database, { subscriberId: "s1", detail: throttle(1) });
  await lift("walled-garden");
  expect(await jobs()).toMatchObject([{ revision: 3, reason: "walled-garden lifted" }]);
});

test("a termination comes into force by a second person's approval only", async () => {
  await addSubscriber(db.database, "s1");
  await addSession(db.database, "s1");
  const { measure } = await order(db.database, { subscriberId: "s1", detail: terminate });
  expect(measure.state).toBe("awaiting-approval");
  expect((await profileOfSubscriber("s1"))?.profileDigest).toBeNull();
  await expect(decide(approveMeasure, measure.id, person)).rejects.toMatchObject({ code: "same-person" });
  await expect(decide(approveMeasure, measure.id, "playbook:p")).rejects.toMatchObject({ code: "not-a-person" });
  expect(await jobs()).toEqual([]);
  expect(await decide(approveMeasure, measure.id, "key:second")).toMatchObject({
    state: "active",
    decidedBy: "key:second",
  });
  expect((await profileOfSubscriber("s1"))?.profile).toEqual({ isTerminated: true });
  expect(await jobs()).toMatchObject([{ reason: "terminate approved" }]);
  await expect(decide(approveMeasure, measure.id, "key:third")).rejects.toMatchObject({ code: "not-waiting" });
});

test("what waits for nobody's decision says how it stands, in the words of the API", async () => {
  await addSubscriber(db.database, "s1");
  const refused = (state: string) =>
    expect.objectContaining({ code: "not-waiting", message: expect.stringContaining(`is ${state}:`) });
  const { measure: rejected } = await order(db.database, { subscriberId: "s1", detail: terminate });
  await decide(rejectMeasure, rejected.id, person);
  await expect(decide(approveMeasure, rejected.id, person)).rejects.toEqual(refused("lifted"));
  const { measure } = await order(db.database, { subscriberId: "s1", detail: garden });
  await expect(decide(approveMeasure, measure.id, person)).rejects.toEqual(refused("in-force"));
  await addSession(db.database, "s1");
  await expect(decide(rejectMeasure, measure.id, person)).rejects.toEqual(refused("pending"));
});

test("a termination that nobody ordered takes two people all the same", async () => {
  await addSubscriber(db.database, "s1");
  const { measure } = await order(db.database, { subscriberId: "s1", detail: terminate, orderedBy: "playbook:p" });
  expect(await decide(approveMeasure, measure.id, "key:a")).toMatchObject({
    state: "awaiting-approval",
    approvals: ["key:a"],
  });
  await expect(decide(approveMeasure, measure.id, "key:a")).rejects.toMatchObject({ code: "same-person" });
  expect(await decide(approveMeasure, measure.id, "key:b")).toMatchObject({ state: "active" });
});

test("of two who approve a termination at once, it takes both", async () => {
  await addSubscriber(db.database, "s1");
  const { measure } = await order(db.database, { subscriberId: "s1", detail: terminate, orderedBy: "playbook:p" });
  const results = await Promise.allSettled([
    decide(approveMeasure, measure.id, "key:a"),
    decide(approveMeasure, measure.id, "key:a"),
  ]);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await measureById(db.database, measure.id)).toMatchObject({ state: "awaiting-approval" });
});

test("a rejected one never came into force and can be ordered again", async () => {
  await addSubscriber(db.database, "s1");
  const { measure } = await order(db.database, { subscriberId: "s1", detail: terminate });
  expect(await decide(rejectMeasure, measure.id, "key:second")).toMatchObject({
    state: "rejected",
    liftedBy: "key:second",
  });
  expect((await order(db.database, { subscriberId: "s1", detail: terminate })).measure.id).not.toBe(measure.id);
  await expect(decide(rejectMeasure, "999999", person)).rejects.toMatchObject({ code: "unknown-measure" });
  await expect(decide(rejectMeasure, "no number", person)).rejects.toMatchObject({ code: "unknown-measure" });
});

test("what is past its end is lifted, what waits past it is rejected, the rest stays", async () => {
  await addSubscriber(db.database, "s1");
  await addSubscriber(db.database, "s2");
  await order(db.database, { subscriberId: "s1", detail: garden, now, until: later(1000) });
  await order(db.database, { subscriberId: "s1", detail: throttle(1), now, until: later(5000) });
  const waiting = await order(db.database, { subscriberId: "s2", detail: terminate, now, until: later(500) });
  const expire = (at: Date) => expireMeasures(db.database, { now: at, by: "job:expire", limit: 10 });
  expect(await expire(later(499))).toEqual([]);
  const ended = await expire(later(1000));
  expect(ended.map(({ kind, state }) => [kind, state])).toEqual([
    ["terminate", "rejected"],
    ["walled-garden", "lifted"],
  ]);
  expect((await profileOfSubscriber("s1"))?.profile).toEqual({ throttle: { downKbps: 1, upKbps: 256 } });
  expect(await measureById(db.database, waiting.measure.id)).toMatchObject({ state: "rejected" });
  expect(await expire(later(1000))).toEqual([]);
});

test("regenerate-password: armed, then regenerated with its garden, then ended by the new password's first use", async () => {
  await addSubscriber(db.database, "s1");
  const params = { when: "next-auth", answer: "walled-garden" } as const;
  await order(db.database, { subscriberId: "s1", detail: { kind: "regenerate-password", params } });
  expect(await profileOfSubscriber("s1")).toMatchObject({
    profile: {},
    regeneratePassword: { progress: "armed", params },
  });
  const mark = () => db.database.transaction((trx) => markPasswordRegenerated(trx, { subscriberId: "s1" }));
  const end = () => db.database.transaction((trx) => endPasswordRegeneration(trx, { subscriberId: "s1", now }));
  expect(await end()).toBeUndefined();
  expect(await mark()).toMatchObject({ progress: "regenerated" });
  expect(await mark()).toBeUndefined();
  expect(await profileOfSubscriber("s1")).toMatchObject({ profile: { isWalledGarden: true } });
  expect(await end()).toMatchObject({ state: "lifted", liftedBy: "login" });
  expect(await profileOfSubscriber("s1")).toMatchObject({ profile: {} });
  expect((await profileOfSubscriber("s1"))?.regeneratePassword).toBeUndefined();
});

test("a password that is regenerated now, with rejecting, ends the open sessions", async () => {
  await addSubscriber(db.database, "s1");
  const session = await addSession(db.database, "s1");
  const params = { when: "now", answer: "reject" } as const;
  await order(db.database, { subscriberId: "s1", detail: { kind: "regenerate-password", params } });
  await db.database.transaction((trx) => markPasswordRegenerated(trx, { subscriberId: "s1" }));
  expect(await jobs()).toMatchObject([{ session_id: session, ends_session: true }]);
});

test("release-all lifts everything in chunks and leaves what is ordered meanwhile", async () => {
  const subscribers = Array.from({ length: 1203 }, (_, index) => `r${index}`);
  await db.database.query("insert into subscriber (id) select unnest($1::text[])", [subscribers]);
  await db.database.query(
    `insert into measure (subscriber_id, kind, reason, ordered_by, ordered_at, state)
     select id, 'suspend', 'x', 'key:a', $1, case when id = 'r7' then 'held' else 'active' end from subscriber`,
    [now],
  );
  await db.database.query("update subscriber set profile = '{\"isSuspended\":true}', profile_digest = 'x'");
  await order(db.database, { subscriberId: "r5", detail: garden, now: later(1) });
  let chunks = 0;
  const released = await releaseAll(db.database, { by: person, reason: "storm", now }, () => chunks++);
  expect(released).toEqual({ subscribers: 1203, measures: 1203 });
  expect(chunks).toBe(3);
  const left = await db.database.query<{ id: string }>("select id from subscriber where profile_digest is not null");
  expect(left).toEqual([{ id: "r5" }]);
  expect(await releaseAll(db.database, { by: person, reason: "storm", now })).toEqual({ subscribers: 0, measures: 0 });
});

test("a subscriber who got measures and sessions from somewhere else is brought up to date", async () => {
  await addSubscriber(db.database, "s1");
  await order(db.database, { subscriberId: "s1", detail: suspend });
  const session = await addSession(db.database, "s1");
  await db.database.transaction((trx) => refreshSubscribers(trx, { subscriberIds: ["s1"], reason: "merged" }));
  expect(await jobs()).toMatchObject([{ session_id: session, reason: "merged" }]);
});

test("twenty orders of one kind at once leave one standing measure and a profile that fits it", async () => {
  await addSubscriber(db.database, "s1");
  const rates = Array.from({ length: 20 }, (_, index) => index + 1);
  await Promise.all(rates.map((rate) => order(db.database, { subscriberId: "s1", detail: throttle(rate) })));
  const standing = await db.database.query<{ params: unknown }>("select params from measure where state = 'active'");
  expect(standing).toHaveLength(1);
  expect((await profileOfSubscriber("s1"))?.profile.throttle).toEqual(standing[0]!.params);
});
