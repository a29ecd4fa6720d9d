import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { liftMeasure } from "../../../src/enforcement/lift-measure.ts";
import { measureViewOfKind } from "../../../src/enforcement/measure-view-store.ts";
import { expireJob } from "../../../src/jobs/expire-job.ts";
import type { Job } from "../../../src/jobs/job.ts";
import { type JobSchedule, startJobs } from "../../../src/jobs/job-schedule.ts";
import { reconcileJob } from "../../../src/jobs/reconcile-job.ts";
import { runJob } from "../../../src/jobs/run-job.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { addSession, addSubscriber, order, suspend, throttle } from "../enforcement/fixtures.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

const never = new AbortController().signal;
const now = () => new Date();
const nothing = () => undefined;

/** A job that runs when told only, and ends when told. */
function heldJob(name: string) {
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  let runs = 0;
  const job: Job = {
    name,
    schedule: "0 0 1 1 *",
    limitMs: 60_000,
    run: async () => {
      runs += 1;
      started.resolve();
      await gate.promise;
      return { found: 3 };
    },
  };
  return { job, started: started.promise, finish: gate.resolve, runs: () => runs };
}

const node = (...jobs: Job[]): JobSchedule =>
  startJobs({ database: db.database, jobs, now, log: pino({ level: "silent" }) });

test("run now runs once in the cluster: while one node is at it, the other says so", async () => {
  const held = heldJob("once");
  const [one, two] = [node(held.job), node(held.job)];
  try {
    const first = one.run("once");
    await held.started;
    expect(await two.run("once")).toEqual({ kind: "running" });
    expect((await two.list())[0]?.lastRun).toMatchObject({ durationMs: null, findings: null });
    held.finish();
    expect(await first).toMatchObject({ kind: "ran", job: { name: "once", lastRun: { findings: { found: 3 } } } });
    expect(held.runs()).toBe(1);
    expect(await two.run("nobody's")).toEqual({ kind: "unknown-job" });
  } finally {
    held.finish();
    await Promise.all([one.stop(), two.stop()]);
  }
});

test("a scheduled time is one node's only, also after it has ended", async () => {
  const job: Job = { name: "slotted", schedule: "0 0 1 1 *", limitMs: 1000, run: async () => ({ found: 1 }) };
  const slot = new Date("2026-11-01T00:00:00Z");
  const run = (at: Date) => runJob({ database: db.database, job, slot: at, now, stopping: never });
  expect(await run(slot)).toEqual({ kind: "ran", findings: { found: 1 } });
  expect(await run(slot)).toEqual({ kind: "taken" });
  expect((await run(new Date(slot.getTime() + 60_000))).kind).toBe("ran");
});

test("the last run says when it began, how long it took, and why it failed", async () => {
  const job: Job = {
    name: "failing",
    schedule: "*/5 * * * *",
    limitMs: 1000,
    run: async () => {
      throw new Error("the disk is full");
    },
  };
  const schedule = node(job);
  try {
    expect((await schedule.list())[0]).toMatchObject({ name: "failing", schedule: "*/5 * * * *", lastRun: null });
    const before = Date.now();
    const answer = await schedule.run("failing");
    expect(answer).toMatchObject({ kind: "ran", job: { lastRun: { error: "the disk is full", findings: null } } });
    const [view] = await schedule.list();
    expect(view?.lastRun?.startedAt.getTime()).toBeGreaterThanOrEqual(before - 1);
    expect(view?.lastRun?.durationMs).toBeGreaterThanOrEqual(0);
    expect(view?.nextRunAt?.getTime()).toBeGreaterThan(before);
    expect((view?.nextRunAt?.getTime() ?? 1) % 300_000).toBe(0);
  } finally {
    await schedule.stop();
  }
});

test("a run that takes too long is told to end, and says so", async () => {
  const job: Job = {
    name: "slow",
    schedule: "0 0 1 1 *",
    limitMs: 20,
    run: ({ signal }) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve({ done: 1 }), { once: true })),
  };
  const result = await runJob({ database: db.database, job, now, stopping: never });
  expect(result).toEqual({ kind: "failed", error: "cut short after 20 ms" });
});

test("expire lifts what is past its end, and nothing else", async () => {
  await addSubscriber(db.database, "ends");
  await addSubscriber(db.database, "stays");
  const soon = new Date(Date.now() + 60_000);
  await order(db.database, { subscriberId: "ends", detail: throttle(), until: soon });
  await order(db.database, { subscriberId: "stays", detail: suspend, until: new Date(soon.getTime() + 60_000) });
  const woken: number[] = [];
  const job = expireJob(db.database, () => woken.push(1));
  const run = (at: Date) => job.run({ now: at, signal: never });
  expect(await run(new Date())).toEqual({ lifted: 0, rejected: 0 });
  expect(woken).toEqual([]);
  expect(await run(new Date(soon.getTime() + 1))).toEqual({ lifted: 1, rejected: 0 });
  expect(woken).toEqual([1]);
  const view = (subscriberId: string, kind: "throttle" | "suspend") =>
    measureViewOfKind(db.database, { subscriberId, kind });
  expect(await view("ends", "throttle")).toMatchObject({ state: "lifted", liftedBy: "job:expire" });
  expect((await view("stays", "suspend"))?.state).toBe("in-force");
});

test("reconcile finds a session whose work was lost, and ends one that nobody has heard of for days", async () => {
  await addSubscriber(db.database, "lost");
  const session = await addSession(db.database, "lost");
  await order(db.database, { subscriberId: "lost", detail: throttle() });
  await db.database.query("delete from enforcement_job where session_id = $1", [session]);
  const silent = await addSession(db.database, "lost");
  await db.database.query(
    "update session set last_seen_at = now() - interval '9 days', last_event_at = now() - interval '9 days', started_at = now() - interval '10 days' where id = $1",
    [silent],
  );
  await db.database.query(
    "insert into nas_heard select 'bng1', slot from generate_series(now() - interval '2 days', now(), interval '5 minutes') as slot",
  );
  const findings = await reconcileJob(db.database, nothing).run({ now: new Date(), signal: never });
  expect(findings["stale"]).toBe(1);
  const jobs = await db.database.query("select session_id from enforcement_job where session_id = $1", [session]);
  expect(jobs).toHaveLength(1);
  const [ended] = await db.database.query<{ stopped_at: Date | null }>("select stopped_at from session where id = $1", [
    silent,
  ]);
  expect(ended?.stopped_at).not.toBeNull();
  await db.database.transaction((trx) =>
    liftMeasure(trx, { subscriberId: "lost", kind: "throttle", by: "key:test", now: new Date() }),
  );
});

test("reconcile gives a session of nobody to the subscriber who has its username by now, and brings it to their profile", async () => {
  const session = await addSession(db.database, "known-later");
  await db.database.query("update session set subscriber_id = null where id = $1", [session]);
  await addSubscriber(db.database, "known-later");
  await order(db.database, { subscriberId: "known-later", detail: throttle() });
  const woken: number[] = [];
  const findings = await reconcileJob(db.database, () => woken.push(1)).run({ now: new Date(), signal: never });
  expect(findings["adopted"]).toBe(1);
  const jobs = await db.database.query("select subscriber_id, reason from enforcement_job where session_id = $1", [
    session,
  ]);
  expect(jobs).toEqual([{ subscriber_id: "known-later", reason: "subscriber known" }]);
  expect(woken).toEqual([1]);
});

test("reconcile closes requests of which nobody will record an outcome, and those alone", async () => {
  await addSubscriber(db.database, "asked");
  const request = async (requestedAt: string, hasJob: boolean) => {
    const session = await addSession(db.database, "asked");
    if (hasJob)
      await db.database.query(
        "insert into enforcement_job (session_id, nas_id, subscriber_id, reason) values ($1, 'bng1', 'asked', 'test')",
        [session],
      );
    const [row] = await db.database.query<{ id: string }>(
      `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, request)
       values ($1, 'asked', 'bng1', 'coa', 'test', now() - $2::interval, '\\x2b') returning id`,
      [session, requestedAt],
    );
    return row?.id ?? "";
  };
  const [abandoned, recent, resumed] = [
    await request("11 minutes", false),
    await request("9 minutes", false),
    await request("11 minutes", true),
  ];
  const findings = await reconcileJob(db.database, nothing).run({ now: new Date(), signal: never });
  expect(findings["abandonedRequests"]).toBe(1);
  const rows = await db.database.query("select id, outcome from enforcement where subscriber_id = 'asked' order by id");
  expect(rows).toEqual([
    { id: abandoned, outcome: "no-answer" },
    { id: recent, outcome: null },
    { id: resumed, outcome: null },
  ]);
});
