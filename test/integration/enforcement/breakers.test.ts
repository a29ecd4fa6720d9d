import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { approveMeasure, rejectMeasure } from "../../../src/enforcement/approve-measure.ts";
import { listBreakers, putBreaker, resetBreaker } from "../../../src/enforcement/breaker-view-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { addSession, addSubscriber, garden, order, person, suspend, throttle } from "./fixtures.ts";

let db: TestDatabase;
const now = new Date("2026-11-01T00:00:00Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

beforeAll(async () => {
  db = await createTestDatabase({ maxConnections: 24 });
});
afterEach(async () => {
  await db.database.query("truncate enforcement_job, enforcement, session, measure, subscriber cascade");
  await db.database.query("delete from breaker where id <> 'base'");
  await db.database.query("update breaker set limit_count = null, opened_at = null, counts_after = 0");
});
afterAll(() => db.drop());

const automatic = (subscriberId: string, at = now, source = "feed") =>
  order(db.database, {
    subscriberId,
    detail: garden,
    now: at,
    orderedBy: "playbook:botnet",
    automatic: { sourceId: source, category: "botnet" },
  });
const subscribers = async (count: number, prefix = "b"): Promise<string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
  await db.database.query("insert into subscriber (id) select unnest($1::text[])", [ids]);
  return ids;
};
const setLimit = (id: string, limit: number, windowSeconds = 3600) =>
  db.database.transaction((trx) => putBreaker(trx, { id, limit, windowSeconds, now }));
const view = async (id: string, at = now) => (await listBreakers(db.database, at)).find((breaker) => breaker.id === id);
const states = async () => {
  const rows = await db.database.query<{ state: string; count: number }>(
    "select state, count(*)::int as count from measure group by state order by state",
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
};

test("of twenty concurrent automatic orders exactly the limit is enforced, the rest is held", async () => {
  await setLimit("source:feed", 7);
  await Promise.all((await subscribers(20)).map((id) => automatic(id)));
  expect(await states()).toEqual({ active: 7, held: 13 });
  const breaker = await view("source:feed");
  expect(breaker).toMatchObject({ scope: "source", limit: 7, windowSeconds: 3600, count: 7, state: "open" });
  expect(breaker?.held).toHaveLength(13);
  const [{ count }] = (await db.database.query<{ count: number }>(
    "select count(*)::int as count from subscriber where profile_digest is not null",
  )) as [{ count: number }];
  expect(count).toBe(7);
});

test("a source that nobody set has 50 an hour, and only its own measures count", async () => {
  for (const id of await subscribers(52)) await automatic(id);
  await subscribers(1, "other");
  expect(await automatic("other0", now, "another")).toMatchObject({ measure: { state: "active" } });
  expect(await states()).toEqual({ active: 51, held: 2 });
});

test("measures that a person orders don't count and are never held", async () => {
  await setLimit("source:feed", 1);
  const ids = await subscribers(4);
  for (const subscriberId of ids.slice(0, 2)) await order(db.database, { subscriberId, detail: garden, now });
  expect((await automatic(ids[2]!)).measure.state).toBe("active");
  expect((await automatic(ids[3]!)).measure).toMatchObject({ state: "held", heldBy: "source:feed" });
  expect((await order(db.database, { subscriberId: ids[3]!, detail: garden, now })).measure.state).toBe("active");
  expect((await view("source:feed"))?.held).toEqual([]);
});

test("an open breaker stays open when its window has passed; a reset closes it and counts afresh", async () => {
  await setLimit("source:feed", 1, 60);
  const ids = await subscribers(4);
  await automatic(ids[0]!);
  await automatic(ids[1]!);
  expect((await automatic(ids[2]!, minutes(10))).measure.state).toBe("held");
  const reset = await db.database.transaction((trx) => resetBreaker(trx, { id: "source:feed", now }));
  expect(reset).toMatchObject({ state: "closed", count: 0 });
  expect(reset.held).toHaveLength(2);
  expect((await automatic(ids[3]!, minutes(10))).measure.state).toBe("active");
});

test("as long as a breaker is closed, its window slides", async () => {
  await setLimit("source:feed", 2, 60);
  const ids = await subscribers(4);
  expect((await automatic(ids[0]!, now)).measure.state).toBe("active");
  expect((await automatic(ids[1]!, minutes(0.9))).measure.state).toBe("active");
  expect((await automatic(ids[2]!, minutes(1.1))).measure.state).toBe("active");
  expect((await view("source:feed", minutes(1.1)))?.count).toBe(2);
  expect((await automatic(ids[3]!, minutes(1.2))).measure.state).toBe("held");
});

test("held measures are approved one by one, or rejected, and neither counts", async () => {
  await setLimit("source:feed", 0);
  const ids = await subscribers(2);
  const first = (await automatic(ids[0]!)).measure;
  const second = (await automatic(ids[1]!)).measure;
  await db.database.transaction((trx) => approveMeasure(trx, { measureId: first.id, by: person, now }));
  await db.database.transaction((trx) => rejectMeasure(trx, { measureId: second.id, by: person, now }));
  expect(await states()).toEqual({ active: 1, rejected: 1 });
  expect(await view("source:feed")).toMatchObject({ count: 0, held: [] });
});

test("a customer who is held already, or whose measure only changes its params, is not counted again", async () => {
  await setLimit("source:feed", 1);
  const [id] = await subscribers(1);
  await automatic(id!);
  expect(await automatic(id!)).toMatchObject({ changed: false });
  const automaticThrottle = (downKbps: number) =>
    order(db.database, {
      subscriberId: id!,
      detail: throttle(downKbps),
      now,
      orderedBy: "playbook:p",
      automatic: { sourceId: "second", category: "spam" },
    });
  await automaticThrottle(100);
  expect(await automaticThrottle(50)).toMatchObject({ changed: true, measure: { state: "active" } });
  expect((await view("source:second"))?.count).toBe(1);
});

test("categories and NASes are limited where somebody set a limit", async () => {
  await setLimit("category:botnet", 1);
  await setLimit("nas:bng7", 1);
  await addSubscriber(db.database, "a");
  await addSubscriber(db.database, "b");
  await addSubscriber(db.database, "c");
  for (const id of ["a", "b"]) await addSession(db.database, id, "bng7");
  const other = (subscriberId: string) =>
    order(db.database, {
      subscriberId,
      detail: suspend,
      now,
      orderedBy: "playbook:p",
      automatic: { sourceId: "feed", category: "other" },
    });
  expect((await other("a")).measure.state).toBe("active");
  expect((await other("b")).measure).toMatchObject({ state: "held", heldBy: "nas:bng7" });
  expect((await automatic("c")).measure.state).toBe("active");
  expect((await automatic("a")).measure).toMatchObject({ state: "held", heldBy: "category:botnet" });
  expect(await view("nas:bng7")).toMatchObject({ scope: "nas", count: 1, state: "open" });
});

test("a third of the base is the most, once there are 100 open sessions", async () => {
  await setLimit("source:feed", 1000);
  const ids = await subscribers(120);
  for (const id of ids.slice(0, 99)) await addSession(db.database, id);
  for (const id of ids.slice(0, 40)) await automatic(id);
  expect(await states()).toEqual({ active: 40 });
  await addSession(db.database, ids[99]!);
  expect((await automatic(ids[41]!)).measure).toMatchObject({ state: "held", heldBy: "base" });
  expect(await view("base")).toMatchObject({ scope: "base", limit: 33, count: 40, state: "open" });
});

test("a breaker has one of four kinds of name", async () => {
  await expect(setLimit("pool:x", 1)).rejects.toMatchObject({ code: "unknown-breaker" });
  const resetting = db.database.transaction((trx) => resetBreaker(trx, { id: "nas:", now }));
  await expect(resetting).rejects.toMatchObject({ code: "unknown-breaker" });
});

test("transactions with many automatic orders at once end without a deadlock", async () => {
  await setLimit("source:feed", 1000);
  const ids = (await subscribers(40)).sort();
  const { orderMeasure } = await import("../../../src/enforcement/order-measure.ts");
  const report = (some: string[]) =>
    db.database.transaction(async (trx) => {
      for (const subscriberId of some)
        await orderMeasure(trx, {
          subscriberId,
          detail: garden,
          reason: "x",
          orderedBy: "playbook:p",
          now,
          automatic: { sourceId: "feed", category: "botnet" },
        });
    });
  const people = ids.map((subscriberId) => order(db.database, { subscriberId, detail: suspend }));
  await Promise.all([report(ids), report(ids.filter((_, index) => index % 2 === 0)), report(ids), ...people]);
  expect(await states()).toEqual({ active: 80 });
});
