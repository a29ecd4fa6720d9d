import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";

let own: TestDatabase;
beforeAll(async () => {
  own = await createTestDatabase();
});
afterAll(async () => await own.drop());

test("a connection that is lost between two statements of a transaction fails that one, and nothing else", async () => {
  const { database } = own;
  const uncaught = once(process, "uncaughtExceptionMonitor").then(([error]) => error as Error);
  const lost = database.transaction(async (trx) => {
    const [row] = await trx.query<{ pid: number }>("select pg_backend_pid() as pid");
    await database.query("select pg_terminate_backend($1)", [row?.pid]);
    await expect
      .poll(async () => await database.query("select 1 from pg_stat_activity where pid = $1", [row?.pid]))
      .toEqual([]);
    await trx.query("select 1");
  });
  await expect(lost).rejects.toThrow(/connection|EPIPE/i);
  expect(await Promise.race([uncaught, Promise.resolve("none")])).toBe("none");
  expect(await database.query("select 1 as one")).toEqual([{ one: 1 }]);
});
