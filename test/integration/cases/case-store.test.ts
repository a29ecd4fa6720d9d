import { afterAll, beforeAll, expect, test } from "vitest";
import { type CaseOpening, openCases, writeStandings } from "../../../src/cases/case-store.ts";
import { caseById, listCases } from "../../../src/response/case-view-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
const now = new Date("2026-11-20T12:00:00Z");
const opening = (subscriberId: string, severity: CaseOpening["severity"] = "low"): CaseOpening => ({
  subject: { kind: "subscriber", subscriberId },
  category: "botnet",
  severity,
});
const open = (...openings: CaseOpening[]) => db.database.transaction((trx) => openCases(trx, openings, now));

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test("a subject and category have one open case, which only gets worse", async () => {
  const [first] = await open(opening("alice", "medium"));
  expect(first).toMatchObject({ isNew: true, state: "open", severity: "medium" });
  expect(await open(opening("alice", "critical"))).toMatchObject([
    { id: first?.id, isNew: false, severity: "critical" },
  ]);
  expect(await open(opening("alice", "low"))).toMatchObject([{ id: first?.id, severity: "critical" }]);
});

test("after closing, the next one is new", async () => {
  const [first] = await open(opening("bob"));
  const standing = { id: first?.id ?? "", state: "closed", stage: null, withheld: null } as const;
  await db.database.transaction((trx) => writeStandings(trx, [standing], now));
  const [second] = await open(opening("bob"));
  expect(second).toMatchObject({ isNew: true });
  expect(second?.id).not.toBe(first?.id);
});

test("subscribers and doubts are opened in one call", async () => {
  const doubt: CaseOpening = { subject: { kind: "doubt", doubt: "botnet:x" }, category: "botnet", severity: "low" };
  const opened = await open(opening("carol"), doubt, opening("dave"));
  expect(opened.map(({ subscriberId, doubt: of }) => subscriberId ?? of).sort()).toEqual(["botnet:x", "carol", "dave"]);
  expect(await open(doubt)).toMatchObject([{ isNew: false }]);
});

test("twenty callers at once open one case", async () => {
  const opened = await Promise.all(Array.from({ length: 20 }, () => open(opening("erin"), opening("frank"))));
  expect(new Set(opened.flat().map(({ id }) => id)).size).toBe(2);
});

test("lists come newest first, in pages, by state, subscriber and category", async () => {
  const first = await listCases(db.database, { state: "open" }, { limit: 3 });
  expect(first.items).toHaveLength(3);
  const second = await listCases(db.database, { state: "open" }, { limit: 100, cursor: first.next ?? "" });
  const ids = [...first.items, ...second.items].map(({ id }) => Number(id));
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
  expect(await listCases(db.database, { subscriber: "bob", state: "closed" }, { limit: 5 })).toMatchObject({
    items: [{ subscriber: "bob", closedAt: now }],
    next: null,
  });
  expect(await listCases(db.database, { category: "spam" }, { limit: 5 })).toEqual({ items: [], next: null });
  await expect(listCases(db.database, {}, { limit: 5, cursor: "x" })).rejects.toMatchObject({ code: "invalid-cursor" });
  expect(await caseById(db.database, "0")).toBeUndefined();
});
