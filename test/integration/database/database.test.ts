import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => await db.drop());

test("a transaction whose work rejects leaves nothing behind", async () => {
  const failing = db.database.transaction(async (trx) => {
    await trx.query("insert into subscriber (id) values ($1)", ["s-rollback"]);
    throw new Error("changed my mind");
  });
  await expect(failing).rejects.toThrow("changed my mind");
  expect(await db.database.query("select id from subscriber where id = 's-rollback'")).toEqual([]);
});

test("a statement that knex built runs inside the transaction it is given", async () => {
  const { database } = db;
  await database.transaction(async (trx) => {
    await trx.query("insert into subscriber (id) values ('s-knex')");
    const rows = await database.run<{ id: string }>(
      database.build("subscriber").select("id").where({ id: "s-knex" }),
      trx,
    );
    expect(rows).toEqual([{ id: "s-knex" }]);
  });
});

test("a notification reaches the listener, and none comes after it has stopped", async () => {
  const heard = vi.fn();
  const stop = await db.database.listen("weir_test", heard);
  await db.database.query("notify weir_test, 'one'");
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith("one"));
  await stop();
  await db.database.query("notify weir_test, 'two'");
  expect(heard).not.toHaveBeenCalledWith("two");
});

test("a listening connection that the server ends is opened again, and the listener is told to look", async () => {
  const heard = vi.fn();
  const stop = await db.database.listen("weir_lost", heard);
  await db.database.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'weir-listen-weir_lost'",
  );
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith(""), { timeout: 5_000 });
  await db.database.query("notify weir_lost, 'again'");
  await vi.waitFor(() => expect(heard).toHaveBeenCalledWith("again"));
  await stop();
});
