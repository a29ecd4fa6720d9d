import { afterAll, beforeAll, expect, test } from "vitest";
import { createSubscriberPut } from "../../../src/api/subscriber-put.ts";
import type { Transaction } from "../../../src/database/database.ts";
import { approveMeasure } from "../../../src/enforcement/approve-measure.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { putSource } from "../../../src/intake/source-store.ts";
import { builtInPlaybook } from "../../../src/policy/built-in-playbooks.ts";
import { caseById } from "../../../src/response/case-view-store.ts";
import type { PersonEvent } from "../../../src/response/person-event.ts";
import { postCaseEvent } from "../../../src/response/post-case-event.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt } from "./customers.ts";
import { measuresOf, reporterOn, timelineOf } from "./reporter.ts";

let db: TestDatabase;
const start = Date.UTC(2026, 10, 20, 12);
const minute = (minutes: number) => new Date(start + minutes * 60_000);
const row = (ip: string, at: Date, category = "botnet") => ({ ip, at: at.toISOString(), category });
const dependencies = {
  playbookFor: builtInPlaybook,
  impossibleHere: new Set<string>(),
  orderMeasure,
  liftMeasure,
  approveMeasure,
};
const put = createSubscriberPut({ replace: async () => new Set<string>() }, () => minute(20));

const report = async (at: Date, rows: readonly object[], source = "feed") => {
  const answer = await reporterOn(db.database).list(source, at, rows);
  return answer.cases[0] ?? "";
};
const say = (caseId: string, type: PersonEvent["type"], now: Date) =>
  db.database.transaction((trx) => postCaseEvent(trx, dependencies, { caseId, type, by: "key:helpdesk", now }));
const protect = (id: string) =>
  db.database.query("update subscriber set protections = array['medical'] where id = $1", [id]);
const last = async (caseId: string) => (await timelineOf(db.database, caseId)).at(-1);

interface Held {
  readonly lock: (trx: Transaction) => Promise<unknown>;
  /** Waits for that lock. */
  readonly work: () => Promise<string>;
  /** Done while it waits. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** Holds a lock until `work` waits for it and `meanwhile` is done; then lets it go on, and tells what came of it. */
async function whileLocked({ lock, work, meanwhile = async () => undefined }: Held): Promise<string> {
  const waiting =
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and state = 'active'";
  const working = await db.database.transaction(async (trx) => {
    await lock(trx);
    const begun = work();
    await expect.poll(async () => (await db.database.query(waiting)).length, { timeout: 5000, interval: 10 }).toBe(1);
    await meanwhile();
    return { begun };
  });
  return await working.begun;
}

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 90 });
});
afterAll(() => db.drop());

/** Of the subscriber of that very name, as accounting makes one. */
const openSession = (username: string, address: string) =>
  db.database.query(
    `with opened as (insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, username, subscriber_id)
       values ('bng1', $2, $1, $1, $1, $2, $2) returning id)
     insert into address_interval (prefix, held_from, session_id, subscriber_id, nas_id)
     select $3::inet, $1, opened.id, $2, 'bng1' from opened`,
    [minute(-600), username, `${address}/32`],
  );

/** A customer gardened for a bot, with a second case that the same garden serves. */
async function gardenedTwice(id: string, address: string) {
  await customerAt(db.database, id, address, minute(-600));
  const bot = await report(minute(0), [row(address, minute(-5))]);
  const guessing = await report(minute(1), [row(address, minute(-4), "brute-force")]);
  return { bot, guessing };
}

test("a case on hold takes no garden over, and says so", async () => {
  const { bot, guessing } = await gardenedTwice("alice", "203.0.113.1");
  await say(guessing, "hold", minute(2));
  await say(bot, "release", minute(10));
  expect(await measuresOf(db.database, "alice")).toMatchObject([{ state: "lifted" }]);
  expect(await caseById(db.database, guessing)).toMatchObject({ state: "on-hold", withheld: "case-on-hold" });
  expect(await last(guessing)).toMatchObject({ kind: "measure-withheld", detail: { why: "case-on-hold", from: bot } });
});

test("a line that is protected by now is not gardened again for another case", async () => {
  const { bot, guessing } = await gardenedTwice("bob", "203.0.113.2");
  await protect("bob");
  await say(bot, "release", minute(10));
  expect(await measuresOf(db.database, "bob")).toMatchObject([{ state: "lifted" }]);
  expect(await caseById(db.database, guessing)).toMatchObject({ withheld: "protected-line" });
});

test("a garden that another case takes over passes the breakers like any other", async () => {
  await putSource(db.database, { id: "loud", kind: "third-party", trust: 90 });
  await customerAt(db.database, "carol", "203.0.113.3", minute(-600));
  const bot = await report(minute(0), [row("203.0.113.3", minute(-5))]);
  const guessing = await report(minute(1), [row("203.0.113.3", minute(-4), "brute-force")], "loud");
  await db.database.query("insert into breaker (id, limit_count) values ('source:loud', 0)");
  await say(bot, "release", minute(10));
  expect(await measuresOf(db.database, "carol")).toMatchObject([
    { state: "lifted", case_id: bot },
    { state: "held", case_id: guessing },
  ]);
  expect(await last(guessing)).toMatchObject({ kind: "measure-held", detail: { heldBy: "source:loud" } });
});

test("evidence that grew too old meanwhile takes nothing over", async () => {
  const { bot, guessing } = await gardenedTwice("dave", "203.0.113.4");
  await say(bot, "release", minute(15 * 24 * 60));
  expect(await measuresOf(db.database, "dave")).toMatchObject([{ state: "lifted" }]);
  expect(await caseById(db.database, guessing)).toMatchObject({ withheld: "evidence-too-old" });
});

test("a protection that is set while a report waits for the breakers keeps the line up", async () => {
  await customerAt(db.database, "erin", "203.0.113.5", minute(-600));
  const caseId = await whileLocked({
    lock: (trx) => trx.query("select from breaker where id = 'base' for update"),
    work: () => report(minute(0), [row("203.0.113.5", minute(-5))]),
    meanwhile: () => protect("erin"),
  });
  expect(await measuresOf(db.database, "erin")).toEqual([]);
  expect(await caseById(db.database, caseId)).toMatchObject({ state: "open", withheld: "protected-line" });
  expect(await last(caseId)).toMatchObject({ kind: "measure-withheld", detail: { why: "protected-line" } });
});

test("a case that is closed while a report waits for it takes the report's older evidence, and none is opened", async () => {
  await customerAt(db.database, "frank", "203.0.113.6", minute(-600));
  const first = await report(minute(0), [row("203.0.113.6", minute(-5))]);
  const second = await whileLocked({
    lock: (trx) =>
      postCaseEvent(trx, dependencies, { caseId: first, type: "close", by: "key:helpdesk", now: minute(10) }),
    work: () => report(minute(11), [row("203.0.113.6", minute(-3))]),
  });
  expect(second).toBe(first);
  expect(await db.database.query("select state from subscriber_case where subscriber_id = 'frank'")).toEqual([
    { state: "closed" },
  ]);
  expect(await last(first)).toMatchObject({ kind: "late-evidence" });
});

test("a protection lifts what a playbook made hold, with the reason in the case; what a person ordered stays", async () => {
  await customerAt(db.database, "grace", "203.0.113.7", minute(-600));
  const caseId = await report(minute(0), [row("203.0.113.7", minute(-5))]);
  const detail = { kind: "throttle", params: { downKbps: 512, upKbps: 128 } } as const;
  await db.database.transaction((trx) =>
    orderMeasure(trx, { subscriberId: "grace", detail, reason: "asked", orderedBy: "key:helpdesk", now: minute(1) }),
  );
  await db.database.transaction((trx) => put(trx, [{ id: "grace", usernames: [], protections: ["medical"] }]));
  expect(await measuresOf(db.database, "grace")).toMatchObject([
    { kind: "walled-garden", state: "lifted" },
    { kind: "throttle", state: "active" },
  ]);
  const [profile] = await db.database.query<{ profile: object }>("select profile from subscriber where id = 'grace'");
  expect(profile?.profile).toEqual({ throttle: detail.params });
  expect(await last(caseId)).toMatchObject({
    kind: "measure-lifted",
    actor: "system",
    detail: { why: "protected-line" },
  });
  expect(await caseById(db.database, caseId)).toMatchObject({ state: "open", withheld: "protected-line" });
});

test("what a person approved stays on a line that becomes wholesale, what still waits is taken back", async () => {
  await putSource(db.database, { id: "mad", kind: "third-party", trust: 90 });
  await db.database.query("insert into breaker (id, limit_count) values ('source:mad', 0)");
  await customerAt(db.database, "heidi", "203.0.113.8", minute(-600));
  await customerAt(db.database, "ivan", "203.0.113.9", minute(-600));
  const approved = await report(minute(0), [row("203.0.113.8", minute(-5))], "mad");
  await say(approved, "approve", minute(1));
  await report(minute(0), [row("203.0.113.9", minute(-5))], "mad");
  const wholesale = (id: string) => ({ id, usernames: [], class: "wholesale" as const });
  await db.database.transaction((trx) => put(trx, [wholesale("heidi"), wholesale("ivan")]));
  expect(await measuresOf(db.database, "heidi")).toMatchObject([{ state: "active" }]);
  expect(await measuresOf(db.database, "ivan")).toMatchObject([{ state: "lifted" }]);
});

test("a protected customer whose automatic double a playbook gardened is let out when the two are merged", async () => {
  await db.database.query("insert into subscriber (id, is_automatic) values ('judy@isp', true)");
  await db.database.query(
    "insert into subscriber_username (username, subscriber_id, spelling) values ('judy@isp', 'judy@isp', 'judy@isp')",
  );
  await openSession("judy@isp", "203.0.113.10");
  await report(minute(0), [row("203.0.113.10", minute(-5))]);
  const real = { id: "c1", usernames: ["judy@isp"], protections: ["emergency-voice" as const] };
  await db.database.transaction((trx) => put(trx, [real]));
  expect(await measuresOf(db.database, "c1")).toMatchObject([{ kind: "walled-garden", state: "lifted" }]);
});

test("a report that waits while its customer is merged into the real subscriber gardens that one", async () => {
  await db.database.query("insert into subscriber (id, is_automatic) values ('kim@isp', true)");
  await db.database.query(
    "insert into subscriber_username (username, subscriber_id, spelling) values ('kim@isp', 'kim@isp', 'kim@isp')",
  );
  await openSession("kim@isp", "203.0.113.11");
  await whileLocked({
    lock: (trx) => put(trx, [{ id: "c2", usernames: ["kim@isp"] }]),
    work: () => report(minute(0), [row("203.0.113.11", minute(-5))]),
  });
  expect(await measuresOf(db.database, "c2")).toMatchObject([{ kind: "walled-garden", state: "active" }]);
  expect(await db.database.query("select subscriber_id from subscriber_case where subscriber_id like '%kim%'")).toEqual(
    [],
  );
});
