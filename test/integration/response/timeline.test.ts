import { afterAll, beforeAll, expect, test } from "vitest";
import { approveMeasure, rejectMeasure } from "../../../src/enforcement/approve-measure.ts";
import { expireMeasures } from "../../../src/enforcement/expire-measures.ts";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { releaseAll } from "../../../src/enforcement/release-all.ts";
import { putSource } from "../../../src/intake/source-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt } from "./customers.ts";
import { measuresOf, reporterOn, timelineOf } from "./reporter.ts";

// Whatever ends or changes a measure, and whoever does it: the case that it belongs to says so.

let db: TestDatabase;
const start = Date.UTC(2026, 10, 20, 12);
const minute = (minutes: number) => new Date(start + minutes * 60_000);
let customers = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 90 });
  await putSource(db.database, { id: "mad", kind: "third-party", trust: 90 });
  await db.database.query("insert into breaker (id, limit_count) values ('source:mad', 0)");
});
afterAll(() => db.drop());

/** A customer in the garden for a bot, or with a garden that a breaker holds. */
async function gardened(source = "feed") {
  const subscriberId = `c${++customers}`;
  const ip = `203.0.113.${customers}`;
  await customerAt(db.database, subscriberId, ip, minute(-600));
  const row = { ip, at: minute(-5).toISOString(), category: "botnet" };
  const { cases } = await reporterOn(db.database).list(source, minute(0), [row]);
  const [measure] = await db.database.query<{ id: string }>("select id from measure where subscriber_id = $1", [
    subscriberId,
  ]);
  return { subscriberId, caseId: cases[0] ?? "", measureId: measure?.id ?? "" };
}

const newest = async (caseId: string) => {
  const { kind, actor, note } = (await timelineOf(db.database, caseId)).at(-1)!;
  return { kind, actor, note };
};

test("a person lifts it by hand", async () => {
  const { subscriberId, caseId } = await gardened();
  const lift = { subscriberId, kind: "walled-garden", by: "key:noc", reason: "wrong line", now: minute(9) } as const;
  await db.database.transaction((trx) => liftMeasure(trx, lift));
  expect(await newest(caseId)).toEqual({
    kind: "measure-lifted",
    actor: "key:noc",
    note: "walled-garden: wrong line",
  });
});

test("its time is over, while it is in force and while it waits", async () => {
  const inForce = await gardened();
  const waiting = await gardened("mad");
  await expireMeasures(db.database, { now: minute(60 * 24 * 365), by: "job:expire", limit: 100 });
  expect(await newest(inForce.caseId)).toEqual({
    kind: "measure-lifted",
    actor: "job:expire",
    note: "walled-garden: its time is over",
  });
  expect(await newest(waiting.caseId)).toEqual({
    kind: "measure-rejected",
    actor: "job:expire",
    note: "walled-garden: nobody decided in time",
  });
});

test("everybody is released", async () => {
  const { caseId } = await gardened();
  await releaseAll(db.database, { by: "key:admin", reason: "feed gone mad", now: minute(9) });
  expect(await newest(caseId)).toMatchObject({ kind: "measure-lifted", note: "walled-garden: feed gone mad" });
});

test("a person approves what a breaker held, or throws it away", async () => {
  const [one, other] = [await gardened("mad"), await gardened("mad")];
  const verdict = { by: "key:noc", now: minute(9) };
  await db.database.transaction((trx) => approveMeasure(trx, { measureId: one.measureId, ...verdict }));
  await db.database.transaction((trx) =>
    rejectMeasure(trx, { measureId: other.measureId, ...verdict, reason: "not ours" }),
  );
  expect(await newest(one.caseId)).toEqual({ kind: "measure-approved", actor: "key:noc", note: "walled-garden" });
  expect(await newest(other.caseId)).toEqual({
    kind: "measure-rejected",
    actor: "key:noc",
    note: "walled-garden: not ours",
  });
});

test("a person orders one for the case, and then another in its place", async () => {
  const { subscriberId, caseId } = await gardened();
  const throttle = (downKbps: number) =>
    db.database.transaction((trx) =>
      orderMeasure(trx, {
        subscriberId,
        detail: { kind: "throttle", params: { downKbps, upKbps: 128 } },
        reason: "asked",
        caseId,
        orderedBy: "key:noc",
        now: minute(9),
      }),
    );
  await throttle(512);
  await throttle(256);
  expect((await measuresOf(db.database, subscriberId)).map(({ state }) => state)).toEqual([
    "active",
    "lifted",
    "active",
  ]);
  const entries = (await timelineOf(db.database, caseId)).slice(2).map(({ kind, note }) => [kind, note]);
  expect(entries).toEqual([
    ["measure-ordered", "throttle"],
    ["measure-lifted", "throttle: replaced by a newer one"],
    ["measure-ordered", "throttle"],
  ]);
});
