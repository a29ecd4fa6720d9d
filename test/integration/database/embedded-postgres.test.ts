import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startEmbeddedPostgres } from "../../../src/database/embedded-postgres.ts";
import { removeEmbeddedPostgres } from "../../../src/database/remove-embedded-postgres.ts";

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

const postmasterPid = async (cluster: string): Promise<number> =>
  Number((await readFile(join(cluster, "postmaster.pid"), "utf8")).split("\n")[0]);

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
  process.kill(await postmasterPid(cluster), "SIGKILL");
  const next = await startEmbeddedPostgres({ dataFolder });
  expect(next.url).toBe(old.url);
  expect(await ask(next.url, "select value from kept")).toEqual([{ value: "here" }]);
  await next.stop();
});

test("commits are durable: fsync and synchronous_commit are on, and no port is listened on", async () => {
  const postgres = await startEmbeddedPostgres({ dataFolder });
  const settings = await ask<{ name: string; setting: string }>(
    postgres.url,
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses') order by name",
  );
  expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
    fsync: "on",
    full_page_writes: "on",
    listen_addresses: "",
    synchronous_commit: "on",
  });
  await postgres.stop();
});

test("password and lock are ours alone, and nobody but PostgreSQL's user may enter the folder with its socket", async () => {
  const postgres = await startEmbeddedPostgres({ dataFolder });
  const socketFolder = decodeURIComponent(new URL(postgres.url).hostname);
  expect((await stat(join(socketFolder, ".s.PGSQL.5432"))).isSocket()).toBe(true);
  for (const path of [socketFolder, join(dataFolder, "postgres-password"), join(dataFolder, "start-lock")])
    expect((await stat(path)).mode & 0o077, path).toBe(0);
  await postgres.stop();
});

test("what was set for Weir is not in PostgreSQL's environment", async () => {
  vi.stubEnv("WEIR_SECRET_KEY", "a-key-for-nobody-else");
  const postgres = await startEmbeddedPostgres({ dataFolder });
  const pid = await postmasterPid(join(dataFolder, "postgres"));
  const variables = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0").filter(Boolean);
  await postgres.stop();
  vi.unstubAllEnvs();
  expect(variables.map((variable) => variable.split("=")[0]).sort()).toEqual(
    expect.arrayContaining(["LC_ALL", "PATH", "TZ"]),
  );
  // PostgreSQL sets some of its own.
  expect(variables.filter((variable) => !/^(LC_|LANG|PATH=|TZ=|PG)/.test(variable))).toEqual([]);
});

test("a data folder that lies too deep for a socket's name does as well", async () => {
  const deep = join(dataFolder, "d".repeat(100), "e".repeat(100));
  const first = await startEmbeddedPostgres({ dataFolder: deep });
  await ask(first.url, "create table kept (value text); insert into kept values ('deep')");
  const pid = await postmasterPid(join(deep, "postgres"));
  process.kill(pid, "SIGKILL");
  // The way to it outlives it: pools find the next one.
  const second = await startEmbeddedPostgres({ dataFolder: deep });
  expect(await ask(first.url, "select value from kept")).toEqual([{ value: "deep" }]);
  first.leave();
  await second.stop();
});

test("a start that is called off ends what it started", async () => {
  const cluster = join(dataFolder, "postgres");
  const calledOff = new AbortController();
  const starting = expect(startEmbeddedPostgres({ dataFolder, signal: calledOff.signal })).rejects.toThrow("abort");
  let pid: number;
  do {
    await delay(1);
    pid = await postmasterPid(cluster).catch(() => 0);
  } while (!pid);
  calledOff.abort();
  await starting;
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

test("a start whose first use fails ends what it started", async () => {
  const whenUp = async () => {
    throw new Error("of no use");
  };
  await expect(startEmbeddedPostgres({ dataFolder, whenUp })).rejects.toThrow("of no use");
  await expect(stat(join(dataFolder, "postgres", "postmaster.pid"))).rejects.toThrow("ENOENT");
});

test("where a start works is its own folder to the end: PostgreSQL's user cannot choose what root writes to", async () => {
  const fresh = join(dataFolder, "fresh");
  const seen = new Set<number>();
  const starting = startEmbeddedPostgres({ dataFolder: fresh });
  let isUp = false;
  const up = starting.finally(() => {
    isUp = true;
  });
  while (!isUp) {
    const names = await readdir(fresh).catch(() => []);
    for (const name of names.filter((one) => one.startsWith("postgres.new-"))) {
      const found = await stat(join(fresh, name)).catch(() => undefined);
      if (found) seen.add(found.uid);
    }
    await delay(5);
  }
  expect([...seen]).toEqual([process.getuid?.()]);
  await (await up).stop();
  expect((await readdir(fresh)).sort()).toEqual(["postgres", "postgres-password", "start-lock"]);
});

test("what a killed start left is removed by the next, and so is all of it with the data folder", async () => {
  const folder = join(dataFolder, "left");
  const old = await startEmbeddedPostgres({ dataFolder: folder });
  await old.stop();
  // As it was left: the half made cluster, in a folder of ours.
  await mkdir(join(folder, "postgres.new-x"));
  await rename(join(folder, "postgres"), join(folder, "postgres.new-x", "cluster"));
  await writeFile(join(folder, "postgres.new-x", "password"), "old");
  const next = await startEmbeddedPostgres({ dataFolder: folder });
  await next.stop();
  expect((await readdir(folder)).sort()).toEqual(["postgres", "postgres-password", "start-lock"]);
  await removeEmbeddedPostgres(folder);
  expect((await readdir(folder)).sort()).toEqual(["postgres-password", "start-lock"]);
});

test("a data folder that others may change is refused, and nothing is made in it", async () => {
  const shared = join(dataFolder, "shared");
  await mkdir(shared);
  await chmod(shared, 0o777);
  await expect(startEmbeddedPostgres({ dataFolder: shared })).rejects.toThrow(`${shared} may be changed by others`);
  expect(await readdir(shared)).toEqual([]);
});
