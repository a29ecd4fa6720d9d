import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { attributeAddress } from "../../../src/attribution/attribute-address.ts";
import { reconcileJob } from "../../../src/jobs/reconcile-job.ts";
import { HEARD_SLOT_MS } from "../../../src/session/heard-nas-store.ts";
import { endSessionsOfNas } from "../../../src/session/nas-restart-store.ts";
import { closeStaleSessions } from "../../../src/session/stale-session-store.ts";
import { deleteSubscriber, putSubscribers } from "../../../src/subscriber/subscriber-write-store.ts";
import { heldBatch, somebodyWaits } from "./held-batch.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "./recorder-harness.ts";

let harness: RecorderHarness;
beforeAll(async () => {
  harness = await createRecorderHarness();
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.database.query(
    "truncate session, address_interval, subscriber, nas_heard, nas_restart, measure, case_event, subscriber_case, walk cascade",
  );
});

const openIntervals = () =>
  harness.database.query("select prefix::text, session_id from address_interval where held_until = 'infinity'");

async function nasIsHeard(nasId: string, from: Date, to: Date): Promise<void> {
  await harness.database.query(
    "insert into nas_heard select $1, slot from generate_series($2::timestamptz, $3::timestamptz, $4 * interval '1 ms') as slot",
    [nasId, from, to, HEARD_SLOT_MS],
  );
}

/** `work` meets an Interim that brings another address and is not committed yet. */
async function whileAddressChanges<T>(work: () => Promise<T>): Promise<T> {
  await harness.inTurn(recordOf(1, "start", 0, { ipv4: "100.64.1.1" }));
  const batch = await heldBatch(harness.database, [recordOf(1, "interim", 10, { ipv4: "100.64.1.2" })]);
  const worked = work();
  await somebodyWaits(harness.database);
  await batch.commit();
  return await worked;
}

test("a restart that waits for an Interim ends the address that the Interim brought, too", async () => {
  expect(await whileAddressChanges(() => endSessionsOfNas(harness.database, "bng1", at(12), 2000))).toBe(1);
  expect(await openIntervals()).toEqual([]);
  const later = await attributeAddress(harness.database, { ip: "100.64.1.2", at: at(86_400) });
  expect(later.verdict).toBe("none");
});

test("so does the end of a session that fell silent", async () => {
  await nasIsHeard("bng1", at(0), at(3 * 86_400));
  const rule = { now: at(2 * 86_400), unknownIntervalMs: 3_600_000 };
  await harness.inTurn(recordOf(1, "start", 0, { ipv4: "100.64.1.1" }), recordOf(1, "interim", 600, {}));
  const batch = await heldBatch(harness.database, [
    recordOf(1, "interim", 700, { ipv4: "100.64.1.2" }),
    recordOf(1, "interim", 1_000, { ipv4: "100.64.1.3" }),
  ]);
  const closing = closeStaleSessions(harness.database, rule, { after: "0", limit: 10 });
  await somebodyWaits(harness.database);
  await batch.commit();
  expect(await closing).toEqual({ ended: 1, last: undefined });
  expect(await openIntervals()).toEqual([]);
  expect((await attributeAddress(harness.database, { ip: "100.64.1.2", at: at(800) })).verdict).toBe("exact");
});

const put = (id: string, username: string) =>
  harness.database.transaction((trx) =>
    putSubscribers(trx, [{ id, usernames: [username] }], {
      replaceCredentials: async () => new Set(),
      sessionsGained: async () => undefined,
      now: () => at(100),
    }),
  );

test("a subscriber who takes over an automatic one gets the address that accounting was writing, too", async () => {
  await whileAddressChanges(() => put("real", "user1@isp.example"));
  const owners = await harness.database.query("select distinct subscriber_id from address_interval");
  expect(owners).toEqual([{ subscriber_id: "real" }]);
});

test("a subscriber whose session is just opening is not deleted", async () => {
  await put("real", "user1@isp.example");
  const batch = await heldBatch(harness.database, [recordOf(1, "start", 0)]);
  const deleting = harness.database.transaction((trx) => deleteSubscriber(trx, "real"));
  // Met here at once, so that its rejection is never unhandled.
  const refused = expect(deleting).rejects.toMatchObject({ code: "subscriber-in-use" });
  await somebodyWaits(harness.database);
  await batch.commit();
  await refused;
});

test.each([
  [
    "a measure is just being ordered",
    "select from subscriber where id = 'real' for no key update",
    "insert into measure (subscriber_id, kind, reason, ordered_by, ordered_at, state) values ('real', 'suspend', 'x', 'key:x', now(), 'active')",
  ],
  [
    "a case is just being opened",
    "select",
    "insert into subscriber_case (subscriber_id, category, severity, state, opened_at, updated_at) values ('real', 'botnet', 'high', 'open', now(), now())",
  ],
])("a subscriber for whom %s is not deleted", async (_, lock, write) => {
  await put("real", "user1@isp.example");
  const gate = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  const writing = harness.database.transaction(async (trx) => {
    await trx.query(lock);
    await trx.query(write);
    written.resolve();
    await gate.promise;
  });
  await written.promise;
  const deleting = harness.database.transaction((trx) => deleteSubscriber(trx, "real"));
  const refused = expect(deleting).rejects.toMatchObject({ code: "subscriber-in-use" });
  await somebodyWaits(harness.database);
  gate.resolve();
  await writing;
  await refused;
});

const reconcile = () =>
  reconcileJob(harness.database, () => undefined).run({ now: at(7_200), signal: new AbortController().signal });

test("an open interval of a session that is over is found, counted and closed", async () => {
  await harness.inTurn(recordOf(1, "start", 0), recordOf(2, "start", 0));
  await harness.database.query(
    "update session set stopped_at = $1, terminate_cause = 'User-Request' where acct_session_id = 'S1'",
    [at(60)],
  );
  expect(await reconcile()).toMatchObject({ orphanedIntervals: 1 });
  expect(await openIntervals()).toMatchObject([{ prefix: "100.64.0.2/32" }]);
  expect((await attributeAddress(harness.database, { ip: "100.64.0.1", at: at(30) })).verdict).toBe("exact");
  expect((await attributeAddress(harness.database, { ip: "100.64.0.1", at: at(90) })).verdict).toBe("none");
  expect(await reconcile()).toMatchObject({ orphanedIntervals: 0 });
});

test("a subscriber put while a session of its username opens gets the session, by the next reconcile at the latest", async () => {
  const batch = await heldBatch(harness.database, [recordOf(1, "start", 0), recordOf(2, "start", 0)], false);
  await put("real", "user1@isp.example");
  await batch.commit();
  const owner = async () =>
    (await harness.database.query("select subscriber_id from session order by id")).concat(
      await harness.database.query("select subscriber_id from address_interval order by session_id"),
    );
  expect(await owner()).toEqual(Array(4).fill({ subscriber_id: null }));
  expect(await reconcile()).toMatchObject({ adopted: 1 });
  const [real, nobody] = [{ subscriber_id: "real" }, { subscriber_id: null }];
  expect(await owner()).toEqual([real, nobody, real, nobody]);
});

test("or by the next Interim that shows something new", async () => {
  const batch = await heldBatch(harness.database, [recordOf(1, "start", 0)], false);
  await put("real", "user1@isp.example");
  await batch.commit();
  await harness.inTurn(recordOf(1, "interim", 60, { ipv4: "100.64.1.2" }));
  const owners = await harness.database.query("select distinct subscriber_id from address_interval");
  expect(owners).toEqual([{ subscriber_id: "real" }]);
});

test("a restart is remembered where its NAS is taken out and put in again", async () => {
  await harness.recorder.recordRestart({ nasId: "bng2", kind: "on", at: at(100), receivedAt: at(100) });
  const take = await harness.database.query<{ id: string }>("delete from nas where id = 'bng2' returning *");
  await harness.database.query("insert into nas select * from jsonb_populate_record(null::nas, $1)", [
    JSON.stringify(take[0]),
  ]);
  await harness.inTurn(recordOf(5, "interim", 110, { nasId: "bng2", sessionSeconds: 60 }));
  const [session] = await harness.database.query("select terminate_cause from session");
  expect(session).toEqual({ terminate_cause: "nas-restart" });
});
