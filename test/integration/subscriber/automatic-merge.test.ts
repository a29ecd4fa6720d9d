import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { refreshSubscribers } from "../../../src/enforcement/refresh-profiles.ts";
import { retryingConflicts } from "../../../src/subscriber/retry-conflict.ts";
import type { SubscriberInput } from "../../../src/subscriber/subscriber.ts";
import { putSubscribers } from "../../../src/subscriber/subscriber-write-store.ts";
import { spellingOfHeard } from "../../../src/subscriber/username-spelling.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.database.query(
    "truncate subscriber, session, address_interval, observation, report, source, case_event, subscriber_case, measure, enforcement_job cascade",
  );
});

const now = new Date("2026-02-01T12:00:00Z");

const put = (...inputs: SubscriberInput[]) =>
  retryingConflicts(() =>
    db.database.transaction((trx) =>
      putSubscribers(trx, inputs, {
        now: () => now,
        replaceCredentials: async () => new Set<string>(),
        sessionsGained: (on, subscriberIds) => refreshSubscribers(on, { subscriberIds, reason: "subscriber known" }),
      }),
    ),
  );

/** As accounting makes one for a User-Name that nobody knows. */
async function automatic(username: string): Promise<void> {
  await db.database.query("insert into subscriber (id, is_automatic) values ($1, true)", [username]);
  await db.database.query("insert into subscriber_username (username, subscriber_id, spelling) values ($1, $1, $2)", [
    username,
    spellingOfHeard(username),
  ]);
}

async function session(username: string, subscriber: string | null, stoppedAt: Date | null = null): Promise<string> {
  const [row] = await db.database.query<{ id: string }>(
    `insert into session (nas_id, acct_session_id, started_at, last_event_at, last_seen_at, stopped_at, username, subscriber_id)
     values ('bng', gen_random_uuid()::text, $1, $1, $1, $2, $3, $4) returning id`,
    [now, stoppedAt, username, subscriber],
  );
  const id = row?.id ?? "";
  await db.database.query(
    "insert into address_interval (prefix, held_from, held_until, session_id, subscriber_id, nas_id) values ('192.0.2.1/32', $1, coalesce($2::timestamptz, 'infinity'), $3, $4, 'bng')",
    [now, stoppedAt, id, subscriber],
  );
  return id;
}

const ownerOf = async (table: "session" | "address_interval", id: string) =>
  (
    await db.database.query<{ subscriber_id: string | null }>(
      `select subscriber_id from ${table} where ${table === "session" ? "id" : "session_id"} = $1`,
      [id],
    )
  )[0]?.subscriber_id;

const order = (subscriberId: string, kind: "suspend" | "walled-garden") =>
  db.database.transaction((trx) =>
    orderMeasure(trx, { subscriberId, detail: { kind, params: {} }, reason: "test", orderedBy: "key:1", now }),
  );

test("sessions, past and open, and their addresses become the real subscriber's, and the automatic one is gone", async () => {
  await automatic("anna");
  const open = await session("anna", "anna");
  const past = await session("anna", "anna", new Date("2026-02-01T13:00:00Z"));
  expect(await put({ id: "c1", usernames: ["anna"] })).toEqual([{ kind: "created" }]);
  for (const id of [open, past]) {
    expect(await ownerOf("session", id)).toBe("c1");
    expect(await ownerOf("address_interval", id)).toBe("c1");
  }
  expect(await db.database.query("select id from subscriber order by id")).toEqual([{ id: "c1" }]);
});

test("an automatic subscriber put by its own id becomes real and keeps all it has", async () => {
  await automatic("anna");
  const open = await session("anna", "anna");
  expect(await put({ id: "anna", usernames: ["anna", "anna2"], name: "Anna" })).toEqual([{ kind: "replaced" }]);
  expect(await ownerOf("session", open)).toBe("anna");
  expect(await db.database.query("select is_automatic, name from subscriber")).toEqual([
    { is_automatic: false, name: "Anna" },
  ]);
});

test("the real subscriber inherits what stands against the automatic one, and its sessions are brought to it", async () => {
  await automatic("anna");
  const open = await session("anna", "anna");
  await order("anna", "walled-garden");
  await put({ id: "c1", usernames: ["anna"] });
  const [subscriber] = await db.database.query<{ profile: unknown }>("select profile from subscriber where id = 'c1'");
  expect(subscriber?.profile).toEqual({ isWalledGarden: true });
  expect(await db.database.query("select session_id, subscriber_id from enforcement_job")).toEqual([
    { session_id: open, subscriber_id: "c1" },
  ]);
});

test("a real subscriber's restrictions reach the sessions that it gains", async () => {
  await put({ id: "c1", usernames: ["first"] });
  await order("c1", "suspend");
  await automatic("anna");
  const open = await session("anna", "anna");
  await put({ id: "c1", usernames: ["first", "anna"] });
  expect(await db.database.query("select session_id from enforcement_job")).toEqual([{ session_id: open }]);
});

test("of two standing measures of one kind the real subscriber's own stays, the other is lifted and says why", async () => {
  await automatic("anna");
  await order("anna", "suspend");
  await put({ id: "c1", usernames: [] });
  await order("c1", "suspend");
  await put({ id: "c1", usernames: ["anna"] });
  const rows = await db.database.query(
    "select subscriber_id, state, lifted_reason is not null as told from measure order by id",
  );
  expect(rows).toEqual([
    { subscriber_id: "c1", state: "lifted", told: true },
    { subscriber_id: "c1", state: "active", told: false },
  ]);
});

test("what is in force against the automatic subscriber is not ended by what only waits for the real one", async () => {
  await automatic("anna");
  await order("anna", "walled-garden");
  await put({ id: "c1", usernames: [] });
  await order("c1", "walled-garden");
  await db.database.query("update measure set state = 'held', held_by = 'base' where subscriber_id = 'c1'");
  await put({ id: "c1", usernames: ["anna"] });
  expect(await db.database.query("select state from measure where subscriber_id = 'c1' order by id")).toEqual([
    { state: "active" },
    { state: "lifted" },
  ]);
  const [subscriber] = await db.database.query<{ profile: unknown }>("select profile from subscriber where id = 'c1'");
  expect(subscriber?.profile).toEqual({ isWalledGarden: true });
});

test("cases move; where both have an open one of a category, the automatic one's is closed into the other", async () => {
  await automatic("anna");
  await put({ id: "c1", usernames: [] });
  await db.database.query("insert into source (id, kind, trust) values ('s', 'third-party', 90)");
  const open = (subscriber: string, category: string) =>
    db.database.query<{ id: string }>(
      "insert into subscriber_case (subscriber_id, category, severity, state, opened_at, updated_at) values ($1, $2, 'high', 'open', $3, $3) returning id",
      [subscriber, category, now],
    );
  const [botnetOfAnna] = await open("anna", "botnet");
  const [botnetOfC1] = await open("c1", "botnet");
  const [spamOfAnna] = await open("anna", "spam");
  await put({ id: "c1", usernames: ["anna"] });
  expect(await db.database.query("select id, subscriber_id, state from subscriber_case order by id")).toEqual([
    { id: botnetOfAnna?.id, subscriber_id: "c1", state: "closed" },
    { id: botnetOfC1?.id, subscriber_id: "c1", state: "open" },
    { id: spamOfAnna?.id, subscriber_id: "c1", state: "open" },
  ]);
});

test("open sessions of nobody become the new owner's; past ones stay nobody's", async () => {
  const open = await session("anna", null);
  const past = await session("anna", null, new Date("2026-02-01T13:00:00Z"));
  await put({ id: "c1", usernames: ["anna"] });
  expect(await ownerOf("session", open)).toBe("c1");
  expect(await ownerOf("address_interval", open)).toBe("c1");
  expect(await ownerOf("session", past)).toBeNull();
});

test("a username that moves leaves what was done under it with its first owner", async () => {
  await put({ id: "c1", usernames: ["anna"] });
  const open = await session("anna", "c1");
  await put({ id: "c1", usernames: [] }, { id: "c2", usernames: ["anna"] });
  expect(await ownerOf("session", open)).toBe("c1");
});

test("puts of overlapping subscribers from many sides all come to an end", async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `c${index}`);
  for (const id of ids) await automatic(`u-${id}`);
  const shuffled = (seed: number) =>
    [...ids].sort((a, b) => ((a.length * seed + a.charCodeAt(1)) % 7) - ((b.length * seed + b.charCodeAt(1)) % 7));
  await Promise.all(
    [1, 2, 3, 4, 5, 6].map((seed) => put(...shuffled(seed).map((id) => ({ id, usernames: [`u-${id}`, `v-${id}`] })))),
  );
  const [row] = await db.database.query(
    "select count(*)::int as subscribers, (select count(*)::int from subscriber_username) as usernames from subscriber",
  );
  expect(row).toEqual({ subscribers: 20, usernames: 40 });
});

test("a real subscriber brings along who was made for other spellings of its username", async () => {
  for (const spelling of ["U1", " u1", "0x753100", "u2"]) await automatic(spelling);
  const held = await session("U1", "U1");
  await put({ id: "real", usernames: ["u1"] });
  expect(await ownerOf("session", held)).toBe("real");
  expect(await ownerOf("address_interval", held)).toBe("real");
  expect(await subscriberIds()).toEqual(["real", "u2"]);
});

test("another spelling of a real subscriber's username is refused, in one request or in two, and says whose it is", async () => {
  const taken = { kind: "username-taken", username: "ÜMIT@ISP", heldAs: "ümit@isp", owner: "one" };
  const results = await put({ id: "one", usernames: ["ümit@isp"] }, { id: "two", usernames: ["ÜMIT@ISP"] });
  expect(results).toEqual([{ kind: "created" }, taken]);
  expect(await put({ id: "three", usernames: ["new", "ÜMIT@ISP"] })).toEqual([taken]);
  expect(await subscriberIds()).toEqual(["one"]);
  expect(await put({ id: "one", usernames: ["ÜMIT@ISP", "ümit@isp".normalize("NFD")] })).toEqual([
    { kind: "replaced" },
  ]);
  expect(await put({ id: "one", usernames: [] }, { id: "two", usernames: ["ÜMIT@ISP"] })).toEqual([
    { kind: "replaced" },
    { kind: "created" },
  ]);
});

test("of many who give the spellings of one name at once, one gets it", async () => {
  const spellings = ["ümit", "ÜMIT", "Ümit", "ümit".normalize("NFD"), " ümit", "üMIT"];
  const results = await Promise.all(spellings.map((name, index) => put({ id: `c${index}`, usernames: [name] })));
  expect(
    results
      .flat()
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(["created", ...Array(5).fill("username-taken")]);
});

const subscriberIds = async () =>
  (await db.database.query<{ id: string }>('select id from subscriber order by id collate "C"')).map(({ id }) => id);
