import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { listAudit } from "../../../src/api/audit-store.ts";
import { listBreakers } from "../../../src/enforcement/breaker-view-store.ts";
import { orderMeasure } from "../../../src/enforcement/order-measure.ts";
import { putSource } from "../../../src/intake/source-store.ts";
import { attributeJob } from "../../../src/jobs/attribute-job.ts";
import { runJob } from "../../../src/jobs/run-job.ts";
import { builtInPlaybook } from "../../../src/policy/built-in-playbooks.ts";
import { caseById } from "../../../src/response/case-view-store.ts";
import { listObservations } from "../../../src/response/observation-view-store.ts";
import { reportById } from "../../../src/response/report-view-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt, session, subscriber } from "./customers.ts";
import { measuresOf, reporterOn, timelineOf } from "./reporter.ts";

let db: TestDatabase;
const now = new Date("2026-11-20T12:00:00Z");
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const later = (minutes: number) => ago(-minutes);
const bot = (ip: string, at: Date, more: object = {}) => ({ ip, at: at.toISOString(), category: "botnet", ...more });
const reporter = (isOwnAddress = (_: string) => false) => reporterOn(db.database, { isOwnAddress });
const nothing = { exact: 0, ambiguous: 0, none: 0 };

/** Runs the job as its schedule does. Returns how many it attributed. */
async function job(at: Date, committed: () => void = () => undefined): Promise<unknown> {
  const dependencies = {
    database: db.database,
    playbookFor: builtInPlaybook,
    impossibleHere: new Set<string>(),
    orderMeasure,
    isOwnAddress: () => false,
    committed,
  };
  const result = await runJob({
    database: db.database,
    job: attributeJob(dependencies),
    now: () => at,
    stopping: new AbortController().signal,
  });
  return result.kind === "ran" ? result.findings["attributed"] : result;
}

const observationsOf = async (report: string) =>
  (await listObservations(db.database, { report }, { limit: 100 })).items;

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 90 });
  await putSource(db.database, { id: "ids", kind: "monitoring", trust: 95 });
});
beforeEach(async () => {
  await db.database.query("delete from observation where verdict <> 'exact'");
});
afterAll(() => db.drop());

test("a report that came before the accounting is attributed when it is sent again", async () => {
  const rows = [bot("203.0.113.1", ago(1)), bot("198.51.100.1", ago(1))];
  const first = await reporter().list("feed", now, rows);
  expect(first).toMatchObject({ accepted: 2, cases: [], verdicts: { ...nothing, none: 2 } });
  const held = await customerAt(db.database, "early", "203.0.113.1", ago(2));
  const second = await reporter().list("feed", later(1), rows);
  expect(second).toMatchObject({ accepted: 0, duplicates: 2, attributedLater: 1, cases: [expect.any(String)] });
  expect(await measuresOf(db.database, "early")).toMatchObject([{ kind: "walled-garden", state: "active" }]);
  expect(
    (await observationsOf(first.id)).map(({ verdict, session: by, attributedAt }) => [verdict, by, attributedAt]),
  ).toEqual([
    ["none", null, null],
    ["exact", held, later(1)],
  ]);
  const third = await reporter().list("feed", later(2), rows);
  expect(third).toMatchObject({ duplicates: 2, cases: [] });
  expect(third).not.toHaveProperty("attributedLater");
  expect(await measuresOf(db.database, "early")).toHaveLength(1);
});

test("without being sent again the job attributes it, once; timeline, observation and audit say that it was later", async () => {
  const report = await reporter().list("feed", now, [bot("203.0.113.2", ago(1), { name: "virut" })]);
  expect(await job(later(1))).toBe(0);
  await customerAt(db.database, "outage", "203.0.113.2", ago(2));
  let woken = 0;
  const wake = () => {
    woken += 1;
  };
  expect(await job(later(2), wake)).toBe(1);
  expect(woken).toBe(1);
  expect(await measuresOf(db.database, "outage")).toMatchObject([{ kind: "walled-garden", state: "active" }]);
  const [observation] = await observationsOf(report.id);
  expect(observation).toMatchObject({ verdict: "exact", subscriber: "outage", attributedAt: later(2) });
  expect(await timelineOf(db.database, observation?.case ?? "0")).toMatchObject([
    {
      kind: "opened",
      actor: "source:feed",
      note: "an observation of botnet (virut), attributed later than reported",
      detail: { report: report.id, attributedLater: 1 },
    },
    { kind: "measure-ordered", actor: "playbook:botnet", detail: { observation: observation?.id } },
  ]);
  const audit = await listAudit(db.database, { subject: `observation:${observation?.id}` }, { limit: 10 });
  expect(audit.items).toMatchObject([
    {
      actor: "job:attribute",
      action: "observation.attribute",
      detail: { report: report.id, before: { verdict: "none" }, after: { verdict: "exact", subscriber: "outage" } },
    },
  ]);
  expect(await reportById(db.database, report.id)).toMatchObject({
    verdicts: { ...nothing, exact: 1 },
    notExact: [],
    cases: [observation?.case],
  });
  expect(await job(later(3), wake)).toBe(0);
  expect(woken).toBe(1);
});

test("it is who held the address at the time of the offence, not who has it when it is asked again", async () => {
  await reporter().list("feed", now, [bot("203.0.113.3", ago(10))]);
  await customerAt(db.database, "after", "203.0.113.3", ago(5));
  expect(await job(later(1))).toBe(0);
  await subscriber(db.database, "at-the-time");
  await session(db.database, { subscriber: "at-the-time", prefix: "203.0.113.3/32", from: ago(20), to: ago(6) });
  expect(await job(later(2))).toBe(1);
  expect(await measuresOf(db.database, "after")).toEqual([]);
  expect(await measuresOf(db.database, "at-the-time")).toHaveLength(1);
});

test("what is exact stays with whom it named, whatever is recorded later", async () => {
  await customerAt(db.database, "named", "203.0.113.4", ago(60));
  const rows = [bot("203.0.113.4", ago(5))];
  const report = await reporter().list("feed", now, rows);
  await db.database.query("update address_interval set held_until = $1 where prefix = '203.0.113.4/32'", [ago(30)]);
  await customerAt(db.database, "other", "203.0.113.4", ago(29));
  await reporter().list("feed", later(1), rows);
  await job(later(2));
  expect(await observationsOf(report.id)).toMatchObject([{ subscriber: "named", attributedAt: null }]);
  expect(await measuresOf(db.database, "other")).toEqual([]);
});

test("a case in doubt tells that its observation left it, and closes when nothing is left", async () => {
  await subscriber(db.database, "silent");
  // Silent for longer than its Interims allow: its Stop may be lost.
  const held = await session(db.database, { subscriber: "silent", prefix: "203.0.113.5/32", from: ago(600) });
  await db.database.query("update address_interval set held_until = $1 where session_id = $2", [ago(20), held]);
  await customerAt(db.database, "next", "203.0.113.5", ago(20));
  const report = await reporter().list("feed", now, [bot("203.0.113.5", ago(20))]);
  const [doubt = ""] = report.cases;
  expect(report).toMatchObject({
    verdicts: { ...nothing, ambiguous: 1 },
    notExact: [{ verdict: "ambiguous", why: "several-held-it", count: 1, rows: [1] }],
  });
  // The Stop is sent again, with the time at which it really ended.
  await db.database.query("update address_interval set held_until = $1 where session_id = $2", [ago(30), held]);
  await db.database.query("update address_interval set held_from = $1 where prefix = $2 and session_id <> $3", [
    ago(25),
    "203.0.113.5/32",
    held,
  ]);
  expect(await job(later(1))).toBe(1);
  expect(await caseById(db.database, doubt)).toMatchObject({ state: "closed", observations: [] });
  expect((await timelineOf(db.database, doubt)).slice(-2)).toMatchObject([
    {
      kind: "attributed-later",
      actor: "job:attribute",
      note: "an observation is attributed for sure by records that came later",
    },
    { kind: "closed", actor: "job:attribute" },
  ]);
  expect(await measuresOf(db.database, "next")).toHaveLength(1);
});

test.each(["on-hold", "watching", "closed"])(
  "what is in a case in doubt that a person left %s stays there",
  async (state) => {
    const ip = `203.0.113.${["on-hold", "watching", "closed"].indexOf(state) + 10}`;
    await subscriber(db.database, `a-${state}`);
    const held = await session(db.database, {
      subscriber: `a-${state}`,
      prefix: `${ip}/32`,
      from: ago(600),
      to: ago(20),
    });
    await customerAt(db.database, `b-${state}`, ip, ago(20));
    const rows = [bot(ip, ago(20))];
    const report = await reporter().list("feed", now, rows);
    await db.database.query("update subscriber_case set state = $2, closed_at = $3 where id = $1", [
      report.cases[0],
      state,
      state === "closed" ? now : null,
    ]);
    await db.database.query("update address_interval set held_until = $1 where session_id = $2", [ago(30), held]);
    expect(await job(later(1))).toBe(0);
    expect(await reporter().list("feed", later(2), rows)).toMatchObject({ duplicates: 1, cases: [] });
    expect(await measuresOf(db.database, `b-${state}`)).toEqual([]);
  },
);

test("nobody is named since what spoke against it was removed for its age", async () => {
  const old = 20 * 24 * 60;
  await subscriber(db.database, "gone");
  const held = await session(db.database, {
    subscriber: "gone",
    prefix: "203.0.113.20/32",
    from: ago(old + 60),
    to: ago(old),
  });
  await customerAt(db.database, "left", "203.0.113.20", ago(old));
  const rows = [bot("203.0.113.20", ago(old))];
  await reporter().list("feed", now, rows);
  await db.database.query("delete from address_interval where session_id = $1", [held]);
  await db.database.query("delete from session where id = $1", [held]);
  await db.database.query("update address_interval set held_from = $1 where prefix = '203.0.113.20/32'", [
    ago(old + 1),
  ]);
  expect(await job(later(1))).toBe(0);
  expect(await reporter().list("feed", later(2), rows)).toMatchObject({ cases: [] });
});

test("what nobody held at first and is in doubt by now goes to a person", async () => {
  const report = await reporter().list("feed", now, [bot("203.0.113.21", ago(20))]);
  await subscriber(db.database, "one");
  await session(db.database, { subscriber: "one", prefix: "203.0.113.21/32", from: ago(60), to: ago(20) });
  await customerAt(db.database, "two", "203.0.113.21", ago(20));
  expect(await job(later(1))).toBe(1);
  const [observation] = await observationsOf(report.id);
  expect(await caseById(db.database, observation?.case ?? "")).toMatchObject({
    subscriber: null,
    withheld: "ambiguous",
  });
  expect(await job(later(2))).toBe(0);
});

test("a fast clock is known by when the report came first, not by when it is sent again", async () => {
  const rows = [bot("203.0.113.22", later(5))];
  await reporter().list("feed", now, rows);
  await subscriber(db.database, "earlier");
  await session(db.database, { subscriber: "earlier", prefix: "203.0.113.22/32", from: ago(60), to: ago(1) });
  await customerAt(db.database, "since", "203.0.113.22", ago(1));
  const again = await reporter().list("feed", later(60), rows);
  expect(again).toMatchObject({ duplicates: 1, attributedLater: 1 });
  expect(await caseById(db.database, again.cases[0] ?? "")).toMatchObject({ subscriber: null });
  expect(await measuresOf(db.database, "since")).toEqual([]);
});

test("an alert that leaves its end open is taken for the end that a session turns out to have held", async () => {
  const alert = {
    timestamp: ago(5).toISOString(),
    event_type: "alert",
    src_ip: "198.51.100.50",
    src_port: 53,
    dest_ip: "203.0.113.23",
    dest_port: 40_000,
    proto: "UDP",
    flow: { pkts_toserver: 1, pkts_toclient: 1 },
    alert: {
      action: "allowed",
      signature: "ET MALWARE Win32/Bot CnC Response",
      category: "Malware Command and Control Activity Detected",
      severity: 1,
    },
  };
  const send = (at: Date) =>
    reporter().post({
      sourceId: "ids",
      now: at,
      contentType: "application/x-ndjson",
      body: Buffer.from(JSON.stringify(alert)),
    });
  const report = await send(now);
  expect(report).toMatchObject({ accepted: 1, verdicts: { none: 1 } });
  await customerAt(db.database, "open-end", "203.0.113.23", ago(60));
  expect(await job(later(1))).toBe(1);
  expect(await observationsOf(report.id)).toMatchObject([{ ip: "203.0.113.23", port: 40_000, subscriber: "open-end" }]);
  // One event accuses one machine, also where the other end turns out to be a customer's, too.
  await customerAt(db.database, "other-end", "198.51.100.50", ago(60));
  expect(await send(later(2))).toMatchObject({ accepted: 0, duplicates: 1, cases: [] });
});

test("the job and the report that is sent again at the same time order one measure", async () => {
  const rows = Array.from({ length: 30 }, (_, index) => bot(`203.0.114.${index}`, ago(1)));
  const report = await reporter().list("feed", now, rows);
  for (let index = 0; index < 30; index += 1)
    await customerAt(db.database, `race-${index}`, `203.0.114.${index}`, ago(2));
  await Promise.all([job(later(1)), ...[1, 2, 3].map(() => reporter().list("feed", later(1), rows))]);
  expect(await reportById(db.database, report.id)).toMatchObject({ verdicts: { ...nothing, exact: 30 } });
  for (let index = 0; index < 30; index += 1) {
    const measures = await measuresOf(db.database, `race-${index}`);
    expect(measures).toHaveLength(1);
    expect((await timelineOf(db.database, measures[0]?.case_id ?? "")).map(({ kind }) => kind)).toEqual([
      "opened",
      measures[0]?.state === "held" ? "measure-held" : "measure-ordered",
    ]);
  }
});

test("a report that only now is known to name a third of a NAS's customers is held whole", async () => {
  await putSource(db.database, { id: "mad", kind: "third-party", trust: 90 });
  await db.database.query("insert into breaker (id, limit_count, updated_at) values ('source:mad', 1000, now())");
  await reporter().list(
    "mad",
    now,
    Array.from({ length: 40 }, (_, index) => bot(`10.9.0.${index}`, ago(1))),
  );
  for (let index = 0; index < 120; index += 1) {
    await subscriber(db.database, `pool-${index}`);
    await session(db.database, {
      subscriber: `pool-${index}`,
      prefix: `10.9.0.${index}/32`,
      from: ago(60),
      nas: "pool",
    });
  }
  expect(await job(later(1))).toBe(40);
  const breaker = (await listBreakers(db.database, later(1))).find(({ id }) => id === "source:mad");
  expect(breaker).toMatchObject({ state: "open", held: { length: 40 } });
});

test("after a day nothing is asked again by itself, and what is sent again still is", async () => {
  const rows = [bot("203.0.113.24", ago(1))];
  await reporter().list("feed", now, rows);
  await customerAt(db.database, "late", "203.0.113.24", ago(2));
  expect(await job(later(24 * 60 + 1))).toBe(0);
  expect(await reporter().list("feed", later(24 * 60 + 1), rows)).toMatchObject({ attributedLater: 1 });
});
