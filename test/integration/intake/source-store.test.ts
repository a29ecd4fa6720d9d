import { afterAll, beforeAll, expect, test } from "vitest";
import { deleteSource, listSources, putSource, sourceById } from "../../../src/intake/source-store.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { reporterOn } from "../response/reporter.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test("a source is stored, replaced and listed in pages", async () => {
  for (const id of ["a", "b", "c"]) await putSource(db.database, { id, kind: "third-party", trust: 50 });
  const full = {
    id: "b",
    kind: "monitoring",
    trust: 90,
    categories: ["malware", "botnet", "spam"],
    maxObservationsPerHour: 5,
  };
  expect(await putSource(db.database, { ...full, kind: "monitoring" })).toEqual({
    ...full,
    categories: ["botnet", "spam"],
  });
  expect(await sourceById(db.database, "b")).toMatchObject({ kind: "monitoring", trust: 90 });
  expect(await sourceById(db.database, "x")).toBeUndefined();
  const first = await listSources(db.database, { limit: 2 });
  expect(first.items.map(({ id }) => id)).toEqual(["a", "b"]);
  const second = await listSources(db.database, { limit: 2, cursor: first.next ?? "" });
  expect(second).toMatchObject({ items: [{ id: "c" }], next: null });
  await putSource(db.database, { id: "b", kind: "third-party", trust: 1 });
  expect(await sourceById(db.database, "b")).toEqual({ id: "b", kind: "third-party", trust: 1 });
});

test("a category that there is not is refused", async () => {
  const put = putSource(db.database, { id: "x", kind: "third-party", trust: 1, categories: ["weather"] });
  await expect(put).rejects.toMatchObject({ code: "unknown-category" });
});

test("a source that has sent nothing can be removed, another cannot", async () => {
  expect(await deleteSource(db.database, "a")).toBe(true);
  expect(await deleteSource(db.database, "a")).toBe(false);
  await reporterOn(db.database).list("c", new Date("2026-11-20T12:00:00Z"), []);
  await expect(deleteSource(db.database, "c")).rejects.toMatchObject({ code: "source-in-use" });
});
