import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { migrate } from "../../../src/database/migrate.ts";

let url: string;

async function execute(on: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: on });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

beforeEach(async () => {
  const name = `weir_new_${randomBytes(6).toString("hex")}`;
  await execute(inject("clusterUrl"), `create database ${name}`);
  const mine = new URL(inject("clusterUrl"));
  mine.pathname = `/${name}`;
  url = mine.href;
});
afterEach(() => execute(inject("clusterUrl"), `drop database ${new URL(url).pathname.slice(1)} with (force)`));

test("of several that find a new database at once, one makes the schema and the others find it made", async () => {
  const applied = await Promise.all([migrate(url), migrate(url), migrate(url), migrate(url)]);
  expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  expect(await migrate(url)).toEqual([]);
});

test("one that was killed in the middle does not keep the next one waiting for a person", async () => {
  await migrate(url);
  await execute(url, "update knex_migrations_lock set is_locked = 1");
  expect(await migrate(url)).toEqual([]);
});
