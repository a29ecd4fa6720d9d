import { afterAll, beforeAll, expect, test } from "vitest";
import { putSource } from "../../../src/intake/source-store.ts";
import { caseById, listCases } from "../../../src/response/case-view-store.ts";
import { listObservations } from "../../../src/response/observation-view-store.ts";
import { reportById } from "../../../src/response/report-view-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt, session, subscriber } from "./customers.ts";
import { measuresOf, reporterOn, timelineOf } from "./reporter.ts";

let db: TestDatabase;
const now = new Date("2026-11-20T12:00:00Z");
const ago = (minutes: number, of = now) => new Date(of.getTime() - minutes * 60_000);
const reporter = () => reporterOn(db.database);
const bot = (ip: string, at: Date, more: object = {}) => ({ ip, at: at.toISOString(), category: "botnet", ...more });
const kinds = async (caseId: string | undefined) =>
  (await timelineOf(db.database, caseId ?? "0")).map(({ kind }) => kind);

beforeAll(async () => {
  db = await createTestDatabase();
  await putSource(db.database, { id: "feed", kind: "third-party", trust: 90 });
  await putSource(db.database, { id: "rumour", kind: "third-party", trust: 79 });
  await putSource(db.database, { id: "ids", kind: "monitoring", trust: 95 });
});
afterAll(() => db.drop());

test("a trusted report of a bot gardens the customer who held the address, and says why", async () => {
  const sessionId = await customerAt(db.database, "alice", "203.0.113.1", ago(60));
  const answer = await reporter().list("feed", now, [
    bot("203.0.113.1", ago(5), { port: 4711, protocol: "tcp", name: "virut" }),
  ]);
  expect(answer).toMatchObject({ accepted: 1, duplicates: 0, rejected: [], cases: [expect.any(String)] });
  const [caseId = ""] = answer.cases;
  expect(await measuresOf(db.database, "alice")).toEqual([
    { subscriber_id: "alice", kind: "walled-garden", state: "active", case_id: caseId },
  ]);
  const jobs = await db.database.query("select session_id::text from enforcement_job where subscriber_id = 'alice'");
  expect(jobs).toEqual([{ session_id: sessionId }]);
  expect(await timelineOf(db.database, caseId)).toMatchObject([
    { kind: "opened", actor: "source:feed", note: "an observation of botnet (virut)" },
    {
      kind: "measure-ordered",
      actor: "playbook:botnet",
      detail: { stage: "walled-garden", sourceTrust: 90, version: 1 },
    },
  ]);
  expect(await caseById(db.database, caseId)).toMatchObject({
    subscriber: "alice",
    category: "botnet",
    severity: "high",
    state: "open",
    stage: "walled-garden",
    withheld: null,
    playbook: { id: "botnet", version: 1 },
    closedAt: null,
    observations: [{ ip: "203.0.113.1", port: 4711, verdict: "exact", session: sessionId, row: 1, report: answer.id }],
    measures: [{ kind: "walled-garden", state: "active", caseId }],
  });
  expect(await reportById(db.database, answer.id)).toMatchObject({
    source: "feed",
    format: "native",
    accepted: 1,
    cases: [caseId],
  });
});

test("the same report again is all duplicates and changes nothing", async () => {
  await customerAt(db.database, "again", "203.0.113.2", ago(60));
  const rows = [bot("203.0.113.2", ago(5)), bot("203.0.113.2", ago(6))];
  const first = await reporter().list("feed", now, rows);
  const before = await kinds(first.cases[0]);
  const second = await reporter().list("feed", now, rows);
  expect(first).toMatchObject({ accepted: 2, duplicates: 0 });
  expect(second).toMatchObject({ accepted: 0, duplicates: 2, cases: [] });
  expect(await kinds(first.cases[0])).toEqual(before);
  expect(await measuresOf(db.database, "again")).toHaveLength(1);
});

test("the same row twice in one report is one observation", async () => {
  await customerAt(db.database, "twice", "203.0.113.3", ago(60));
  const answer = await reporter().list("feed", now, [bot("203.0.113.3", ago(5)), bot("203.0.113.3", ago(5))]);
  expect(answer).toMatchObject({ accepted: 1, duplicates: 1 });
});

test("more of the same adds to the case and orders nothing anew", async () => {
  await customerAt(db.database, "more", "203.0.113.4", ago(600));
  const first = await reporter().list("feed", now, [bot("203.0.113.4", ago(50))]);
  const second = await reporter().list("feed", now, [
    bot("203.0.113.4", ago(40), { severity: "critical" }),
    bot("203.0.113.4", ago(30), { severity: "low" }),
  ]);
  expect(second.cases).toEqual(first.cases);
  expect(await kinds(first.cases[0])).toEqual(["opened", "measure-ordered", "grew"]);
  expect(await caseById(db.database, first.cases[0] ?? "")).toMatchObject({
    severity: "critical",
    stage: "walled-garden",
  });
  expect(await measuresOf(db.database, "more")).toHaveLength(1);
});

test("a measure goes to who held the address at the time, not to who holds it now", async () => {
  await subscriber(db.database, "offender");
  const theirs = await session(db.database, {
    subscriber: "offender",
    prefix: "203.0.113.10/32",
    from: ago(50 * 60),
    to: ago(40 * 60),
  });
  await customerAt(db.database, "innocent", "203.0.113.10", ago(39 * 60));
  const answer = await reporter().list("feed", now, [bot("203.0.113.10", ago(48 * 60))]);
  expect(await measuresOf(db.database, "offender")).toMatchObject([{ kind: "walled-garden", state: "active" }]);
  expect(await measuresOf(db.database, "innocent")).toEqual([]);
  const { items } = await listObservations(db.database, { case: answer.cases[0] }, { limit: 10 });
  expect(items).toMatchObject([{ subscriber: "offender", session: theirs, verdict: "exact" }]);
});

test("at the moment of a handover nobody is named: a case for a person, no measure", async () => {
  await subscriber(db.database, "before");
  await session(db.database, { subscriber: "before", prefix: "203.0.113.11/32", from: ago(100), to: ago(50) });
  await customerAt(db.database, "after", "203.0.113.11", ago(50));
  const answer = await reporter().list("feed", now, [
    bot("203.0.113.11", ago(50)),
    bot("203.0.113.11", new Date(ago(50).getTime() + 1000)),
  ]);
  expect(answer).toMatchObject({ accepted: 2, cases: [expect.any(String)] });
  expect(await measuresOf(db.database, "before")).toEqual([]);
  expect(await measuresOf(db.database, "after")).toEqual([]);
  const found = await caseById(db.database, answer.cases[0] ?? "");
  expect(found).toMatchObject({ subscriber: null, state: "open", withheld: "ambiguous", observations: [{}, {}] });
  expect(found?.observations[0]?.candidates.map(({ subscriber: name }) => name)).toEqual(["before", "after"]);
});

test("an address that nobody held makes an observation and no case", async () => {
  const answer = await reporter().list("feed", now, [bot("198.51.100.99", ago(5))]);
  expect(answer).toMatchObject({ accepted: 1, rejected: [], cases: [] });
  const { items } = await listObservations(db.database, { report: answer.id }, { limit: 10 });
  expect(items).toMatchObject([{ verdict: "none", subscriber: null, case: null }]);
});

test("an address that no machine can have is refused, unless a session ever held it", async () => {
  await customerAt(db.database, "odd", "127.9.9.9", ago(60));
  const answer = await reporter().list("feed", now, [
    bot("127.0.0.1", ago(5)),
    bot("127.9.9.9", ago(5)),
    bot("127.9.9.9", ago(500)),
    bot("224.0.0.1", ago(5)),
  ]);
  expect(answer.accepted).toBe(2);
  expect(answer.rejected.map(({ row, code }) => [row, code])).toEqual([
    [1, "bogon-address"],
    [4, "bogon-address"],
  ]);
  expect(await measuresOf(db.database, "odd")).toHaveLength(1);
});

test("a prefix of an IPv6 customer holds all its addresses", async () => {
  await subscriber(db.database, "six");
  await session(db.database, { subscriber: "six", prefix: "2001:db8:1::/56", from: ago(60) });
  await reporter().list("feed", now, [bot("2001:DB8:1:0:ffff::1", ago(5)), bot("2001:db8:2::1", ago(5))]);
  expect(await measuresOf(db.database, "six")).toHaveLength(1);
});

test("a source that is trusted too little makes a case, and no measure", async () => {
  await customerAt(db.database, "rumoured", "203.0.113.12", ago(60));
  const answer = await reporter().list("rumour", now, [bot("203.0.113.12", ago(5))]);
  expect(await measuresOf(db.database, "rumoured")).toEqual([]);
  expect(await caseById(db.database, answer.cases[0] ?? "")).toMatchObject({ state: "open", withheld: "low-trust" });
  await reporter().list("rumour", now, [bot("203.0.113.12", ago(4))]);
  expect(await kinds(answer.cases[0])).toEqual(["opened", "measure-withheld", "grew"]);
  const trusted = await reporter().list("feed", now, [bot("203.0.113.12", ago(3))]);
  expect(trusted.cases).toEqual(answer.cases);
  expect(await kinds(answer.cases[0])).toEqual(["opened", "measure-withheld", "grew", "grew", "measure-ordered"]);
  expect(await caseById(db.database, answer.cases[0] ?? "")).toMatchObject({ withheld: null, stage: "walled-garden" });
});

test.each([
  ["protected-line", { protections: ["medical"] }],
  ["wholesale", { class: "wholesale" }],
])("the measure is withheld from a line that is to stay up: %s", async (why, options) => {
  const address = why === "wholesale" ? "203.0.113.13" : "203.0.113.14";
  await customerAt(db.database, why, address, ago(60), options);
  const answer = await reporter().list("feed", now, [bot(address, ago(5))]);
  expect(answer).toMatchObject({ accepted: 1, cases: [expect.any(String)] });
  expect(await measuresOf(db.database, why)).toEqual([]);
  expect(await timelineOf(db.database, answer.cases[0] ?? "")).toMatchObject([
    { kind: "opened" },
    { kind: "measure-withheld", detail: { why } },
  ]);
});

test("a vulnerable service is told, never enforced", async () => {
  await customerAt(db.database, "open-port", "203.0.113.15", ago(60));
  const answer = await reporter().list("feed", now, [
    { ip: "203.0.113.15", at: ago(5).toISOString(), category: "vulnerable-service", severity: "critical" },
  ]);
  expect(await measuresOf(db.database, "open-port")).toEqual([]);
  expect(await caseById(db.database, answer.cases[0] ?? "")).toMatchObject({ withheld: "notice-only" });
});

test("each category of one customer is a case of its own", async () => {
  await customerAt(db.database, "busy", "203.0.113.16", ago(60));
  const answer = await reporter().list("feed", now, [
    bot("203.0.113.16", ago(5)),
    { ip: "203.0.113.16", at: ago(5).toISOString(), category: "ddos" },
    { ip: "203.0.113.16", at: ago(5).toISOString(), category: "brute-force" },
  ]);
  expect(answer.cases).toHaveLength(3);
  const measures = await measuresOf(db.database, "busy");
  // The garden that the bot led to serves the brute force case as well.
  expect(measures.map(({ kind }) => kind).sort()).toEqual(["throttle", "walled-garden"]);
  const { items } = await listCases(db.database, { subscriber: "busy", state: "open" }, { limit: 2 });
  expect(items).toHaveLength(2);
});

test("a source may report its own categories only, and no more than its share of an hour", async () => {
  await putSource(db.database, {
    id: "narrow",
    kind: "third-party",
    trust: 90,
    categories: ["spam"],
    maxObservationsPerHour: 2,
  });
  const spam = (minutes: number) => ({ ip: "198.51.100.1", at: ago(minutes).toISOString(), category: "spam" });
  const rows = [bot("198.51.100.1", ago(5)), spam(1), spam(1), spam(2), spam(3)];
  const answer = await reporter().list("narrow", now, rows);
  expect(answer).toMatchObject({ accepted: 2, duplicates: 1 });
  expect(answer.rejected.map(({ row, code }) => [row, code])).toEqual([
    [1, "category-not-allowed"],
    [5, "source-limit"],
  ]);
  const repeated = await reporter().list("narrow", now, rows);
  expect(repeated).toMatchObject({ accepted: 0, duplicates: 3 });
  const nextHour = new Date(now.getTime() + 61 * 60_000);
  expect(await reporter().list("narrow", nextHour, [spam(3)])).toMatchObject({ accepted: 1, rejected: [] });
});

test("an unknown source, and a body that cannot be read, are refused whole", async () => {
  await expect(reporter().list("nobody", now, [])).rejects.toMatchObject({ code: "unknown-source" });
  const broken = reporter().post({ sourceId: "feed", now, body: Buffer.from("{") });
  await expect(broken).rejects.toMatchObject({ code: "malformed-json" });
  const eve = reporter().post({ sourceId: "feed", now, contentType: "application/x-ndjson", body: Buffer.from("{}") });
  await expect(eve).rejects.toMatchObject({ code: "wrong-source-kind" });
});

test("a report whose rows are all refused is stored with what is wrong with each", async () => {
  const answer = await reporter().list("feed", now, [{ ip: "nonsense", at: ago(1).toISOString(), category: "spam" }]);
  expect(answer).toMatchObject({ accepted: 0, rejected: [{ row: 1, code: "invalid-address" }] });
  expect(await reportById(db.database, answer.id)).toMatchObject({ accepted: 0, rejected: answer.rejected });
});

test("of a hundred thousand rows that are refused the first thousand are told and kept, and how many there were", async () => {
  await customerAt(db.database, "among", "203.0.113.90", ago(60));
  const rows = [...Array.from({ length: 99_999 }, () => 1), bot("203.0.113.90", ago(5))];
  const answer = await reporter().post({ sourceId: "feed", now, body: Buffer.from(JSON.stringify(rows)) });
  expect(answer).toMatchObject({ accepted: 1, rejectedCount: 99_999, cases: [expect.any(String)] });
  expect(answer.rejected.map(({ row }) => row)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  expect(await reportById(db.database, answer.id)).toMatchObject({ rejected: answer.rejected, rejectedCount: 99_999 });
  expect(JSON.stringify(answer).length).toBeLessThan(200_000);
  const thousand = await reporter().list("feed", now, rows.slice(0, 1_000) as unknown as object[]);
  expect(thousand.rejected).toHaveLength(1_000);
  expect(thousand).not.toHaveProperty("rejectedCount");
});

test("a source that makes more mistakes than its share of an hour takes them of its share", async () => {
  await putSource(db.database, { id: "clumsy", kind: "third-party", trust: 90, maxObservationsPerHour: 3 });
  let port = 0;
  const good = (count: number) =>
    Array.from({ length: count }, () => {
      port += 1;
      return bot("198.51.100.9", ago(5), { port });
    });
  const bad = (count: number) => Array.from({ length: count }, () => ({ ip: "nonsense" }));
  const list = (...rows: object[]) => reporter().list("clumsy", now, rows);
  expect(await list(...bad(3), ...good(1))).toMatchObject({ accepted: 1 });
  expect(await list(...bad(1), ...good(5))).toMatchObject({ accepted: 1 });
  // What is beyond its share is no mistake: a source that tries again does not shut itself out.
  expect(await list(...bad(1), ...good(1))).toMatchObject({ accepted: 0, rejected: [{}, { code: "source-limit" }] });
  const nextHour = new Date(now.getTime() + 61 * 60_000);
  const later = await reporter().list("clumsy", nextHour, [bot("198.51.100.9", ago(5), { port: 99 })]);
  expect(later).toMatchObject({ accepted: 1, rejected: [] });
});

test("two reports of the same customers at once make one case each and one measure each", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `crowd${index}`);
  for (const [index, name] of names.entries()) await customerAt(db.database, name, `203.0.113.${100 + index}`, ago(60));
  await putSource(db.database, { id: "other", kind: "third-party", trust: 90 });
  const rows = names.map((_, index) => bot(`203.0.113.${100 + index}`, ago(5)));
  await Promise.all([
    reporter().list("feed", now, rows),
    reporter().list("feed", now, rows.toReversed()),
    reporter().list("other", now, rows.toReversed()),
  ]);
  const counts = await db.database.query<{ cases: number; measures: number; observations: number }>(
    `select (select count(*)::int from subscriber_case where subscriber_id like 'crowd%') as cases,
       (select count(*)::int from measure where subscriber_id like 'crowd%') as measures,
       (select count(*)::int from observation where subscriber_id like 'crowd%') as observations`,
  );
  expect(counts).toEqual([{ cases: 20, measures: 20, observations: 40 }]);
});

test("a doubtful feed makes few cases, not one for each of its rows", async () => {
  const address = (index: number) => `100.70.${Math.floor(index / 200)}.${index % 200}`;
  for (let index = 0; index < 30; index++) {
    await subscriber(db.database, `left${index}`);
    await session(db.database, {
      subscriber: `left${index}`,
      prefix: `${address(index)}/32`,
      from: ago(100),
      to: ago(50),
    });
    await customerAt(db.database, `came${index}`, address(index), ago(50));
  }
  const rows = Array.from({ length: 30 }, (_, index) => bot(address(index), ago(50)));
  const answer = await reporter().list("feed", now, rows);
  expect(answer).toMatchObject({ accepted: 30, cases: [expect.any(String)] });
});
