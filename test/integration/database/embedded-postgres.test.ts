import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../../../src/database/embedded-postgres.ts";

let dataFolder: string;
beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), "weir-embedded-"));
  await chmod(dataFolder, 0o755);
});
afterAll(async () => await rm(dataFolder, { recursive: true, force: true }));

async function ask<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

test("a cluster is made once, keeps its data over a stop, and is taken over while it runs", async () => {
  const first = await startEmbeddedPostgres({ dataFolder });
  expect(first.wasRunning).toBe(false);
  await ask(first.url, "create table kept (value text); insert into kept values ('here')");

  const second = await startEmbeddedPostgres({ dataFolder });
  expect(second.wasRunning).toBe(true);
  expect(second.url).toBe(first.url);
  await first.stop();

  const third = await startEmbeddedPostgres({ dataFolder });
  expect(third.wasRunning).toBe(false);
  expect(await ask(third.url, "select value from kept")).toEqual([{ value: "here" }]);
  await third.stop();
});

test("a start while the old one is still ending waits for it and then succeeds", async () => {
  const old = await startEmbeddedPostgres({ dataFolder });
  const stopping = old.stop();
  const next = await startEmbeddedPostgres({ dataFolder });
  await stopping;
  expect(await ask(next.url, "select value from kept")).toEqual([{ value: "here" }]);
  await next.stop();
});

test("a PostgreSQL that was killed outright recovers at the next start", async () => {
  const old = await startEmbeddedPostgres({ dataFolder });
  const cluster = join(dataFolder, "postgres");
  const pid = Number((await readFile(join(cluster, "postmaster.pid"), "utf8")).split("\n")[0]);
  process.kill(pid, "SIGKILL");
  const next = await startEmbeddedPostgres({ dataFolder });
  expect(next.url).not.toBe(old.url);
  expect(await ask(next.url, "select value from kept")).toEqual([{ value: "here" }]);
  await next.stop();
});

test("commits are durable: fsync and synchronous_commit are on, and only loopback listens", async () => {
  const postgres = await startEmbeddedPostgres({ dataFolder });
  const settings = await ask<{ name: string; setting: string }>(
    postgres.url,
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses') order by name",
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: "on",
    full_page_writes: "on",
    listen_addresses: "127.0.0.1",
    synchronous_commit: "on",
  });
  await postgres.stop();
});

test("the password file is ours alone", async () => {
  const { mode } = await stat(join(dataFolder, "postgres-password"));
  expect(mode & 0o077).toBe(0);
});
