import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openDatabase } from "../../../src/database/database.ts";
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

test("what PostgreSQL reads of an array is what was given", async () => {
  const texts = ["", "NULL", 'a "quoted" \\ {word}', "ümläut\n", null];
  const [row] = await db.database.query(
    `select $1::text[] as texts, $2::bigint[] as numbers, $3::boolean[] as booleans, $4::bytea[] as octets,
       $5::timestamptz[] as times, $6::text[] as none`,
    [texts, [1, 2n ** 62n, null], [true, false], [Buffer.from("00ff5c22", "hex")], [new Date(0), null], []],
  );
  expect(row).toEqual({
    texts,
    numbers: ["1", String(2n ** 62n), null],
    booleans: [true, false],
    octets: [Buffer.from("00ff5c22", "hex")],
    times: [new Date(0), null],
    none: [],
  });
});

test("statements sent side by side are carried out in their order", async () => {
  const seen = await db.database.transaction(async (trx) => {
    const [, before, , after] = await Promise.all([
      trx.query("insert into subscriber (id, name) values ('side', 'one')"),
      trx.query("select subscriber.name from subscriber where subscriber.id = 'side'"),
      trx.query("update subscriber set name = 'two' where subscriber.id = 'side'"),
      trx.query("select subscriber.name from subscriber where subscriber.id = 'side'"),
    ]);
    return [before, after];
  });
  expect(seen).toEqual([[{ name: "one" }], [{ name: "two" }]]);
});

test("one of several sent side by side fails: its error is told, none of them holds, and what comes later goes nowhere", async () => {
  const { database } = db;
  let late: Promise<unknown> | undefined;
  const failing = database.transaction(async (trx) => {
    const goesOn = async () => {
      await trx.query("select pg_sleep(0.05)").catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return await trx.query("insert into subscriber (id) values ('too-late')");
    };
    late = goesOn();
    late.catch(() => undefined);
    await Promise.all([
      trx.query("insert into subscriber (id) values ('beside')"),
      trx.query("select 1 / 0"),
      trx.query("insert into subscriber (id) values ('behind')"),
    ]);
  });
  await expect(failing).rejects.toThrow("division by zero");
  await expect(late).rejects.toThrow("the transaction is over");
  expect(await database.query("select id from subscriber where id in ('too-late', 'beside', 'behind')")).toEqual([]);
});

/** Nothing else happens in this process until the answers of what was asked for lie there. */
const busyFor = (ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

test("the failure told is the one that came first, however deep it was awaited", async () => {
  const deep = async (failing: Promise<unknown>) => await (async () => await (async () => await failing)())();
  const failing = db.database.transaction(async (trx) => {
    const all = [deep(trx.query("select 1 / 0")), trx.query("select 2"), trx.query("select 3")];
    await Promise.resolve();
    setImmediate(busyFor, 30);
    await Promise.all(all);
  });
  await expect(failing).rejects.toMatchObject({ code: "22012" });
});

test("a statement's failure is the transaction's, also where the work says nothing of it", async () => {
  const silent = db.database.transaction(async (trx) => {
    await trx.query("insert into subscriber (id) values ('silent')");
    await trx.query("select 1 / 0").catch(() => undefined);
    return "done";
  });
  await expect(silent).rejects.toMatchObject({ code: "22012" });
  expect(await db.database.query("select id from subscriber where id = 'silent'")).toEqual([]);
});

test("what was thrown for another reason than a statement's failure is told as it is", async () => {
  const failing = db.database.transaction(async (trx) => {
    trx.query("select 1 / 0").catch(() => undefined);
    throw new RangeError("not so");
  });
  await expect(failing).rejects.toThrow(RangeError);
});

test("a connection that PostgreSQL ended is not used again", async () => {
  const one = openDatabase({ url: db.url, maxConnections: 1, onConnectionError: () => undefined });
  try {
    const ended = one.query("select pg_terminate_backend(pg_backend_pid())");
    await expect(ended).rejects.toThrow();
    expect(await one.query("select 1 as one")).toEqual([{ one: 1 }]);
  } finally {
    await one.close();
  }
});

test("two transactions that lock in opposite orders both come to their end", async () => {
  const { database } = db;
  await database.query("insert into subscriber (id) values ('d1'), ('d2')");
  let met = 0;
  let meet: (() => void) | undefined;
  const bothHoldOne = new Promise<void>((resolve) => {
    meet = resolve;
  });
  let runs = 0;
  const lockBoth = (first: string, second: string) =>
    database.transaction(async (trx) => {
      runs++;
      await trx.query("update subscriber set name = $1 where id = $1", [first]);
      met++;
      if (met === 2) meet?.();
      await bothHoldOne;
      await trx.query("update subscriber set name = $1 where id = $1", [second]);
    });
  await Promise.all([lockBoth("d1", "d2"), lockBoth("d2", "d1")]);
  expect(runs).toBe(3);
  expect(await database.query("select name from subscriber where id like 'd_' order by id")).toEqual([
    { name: "d1" },
    { name: "d2" },
  ]);
});

test("a transaction reads what was committed meanwhile, whatever the server's default is", async () => {
  const url = new URL(db.url);
  url.searchParams.set("options", "-c default_transaction_isolation=serializable");
  const other = openDatabase({ url: url.href, maxConnections: 1, onConnectionError: () => undefined });
  try {
    expect(await other.query("show transaction_isolation")).toEqual([{ transaction_isolation: "serializable" }]);
    const levels = await other.transaction((trx) => trx.query("show transaction_isolation"));
    expect(levels).toEqual([{ transaction_isolation: "read committed" }]);
  } finally {
    await other.close();
  }
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
