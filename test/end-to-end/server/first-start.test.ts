import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Child, startChild } from "../../support/child.ts";
import { endAllWeirs, startWeirProcess, type WeirProcess } from "../../support/weir-process.ts";

const program = new URL("../../../src/main.ts", import.meta.url).pathname;
let folder: string;
let commands: Child[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-first-start-"));
  await chmod(folder, 0o755);
  commands = [];
});
afterEach(async () => {
  for (const command of commands) await command.stop();
  await endAllWeirs();
  await rm(folder, { recursive: true, force: true });
});

const start = (): WeirProcess =>
  startWeirProcess({ WEIR_DATA_DIR: folder, WEIR_LOG_LEVEL: "error", WEIR_AUTH_PORT: "0", WEIR_ACCT_PORT: "0" });

/** In a process of its own, as people type it. */
function lookup(): Child {
  const child = startChild("env", [`WEIR_DATA_DIR=${folder}`, process.execPath, program, "lookup", "192.0.2.1"]);
  commands.push(child);
  return child;
}

const isMakingItsDatabase = async () => (await readdir(folder)).some((name) => name.startsWith("postgres.new-"));

test("a command in the middle of the very first start waits for its database, and leaves the server with it", async () => {
  const server = start();
  await expect.poll(isMakingItsDatabase, { timeout: 10_000, interval: 5 }).toBe(true);
  const looking = lookup();
  const ready = await server.ready();
  expect(await looking.exited(), looking.output()).toBe(0);
  expect(looking.output()).toMatch(/^verdict +none/);
  expect((await fetch(`http://127.0.0.1:${ready.http}/readyz`)).status).toBe(200);
  server.kill("SIGTERM");
  expect((await server.ended()).code).toBe(0);
  expect((await readdir(folder)).filter((name) => name.startsWith("postgres.new-"))).toEqual([]);
}, 60_000);

test("commands that all make the database of a new folder get the same one", async () => {
  const together = [lookup(), lookup(), lookup()];
  for (const one of together) {
    expect(await one.exited(), one.output()).toBe(0);
    expect(one.output()).toMatch(/^verdict +none/);
  }
}, 60_000);

test("of two servers that start on a new folder at once one runs, and the other says who has it", async () => {
  const servers = [start(), start()];
  const ends = servers.map(async (server) => ({ server, ...(await server.ended(40_000)) }));
  const loser = await Promise.race(ends);
  const winner = servers.find((one) => one !== loser.server);
  expect(loser.code).toBe(1);
  expect(loser.server.stderr()).toContain(
    `another Weir server (process ${winner?.pid}) runs on the data folder ${folder}`,
  );
  const ready = await winner?.ready();
  expect((await fetch(`http://127.0.0.1:${ready?.http}/readyz`)).status).toBe(200);
  winner?.kill("SIGTERM");
  await Promise.all(ends);
}, 60_000);

test("the password of the database lies nowhere but in the data folder", async () => {
  const before = new Set(await readdir(tmpdir()));
  const server = start();
  await expect.poll(isMakingItsDatabase, { timeout: 10_000, interval: 5 }).toBe(true);
  server.kill("SIGKILL");
  await server.ended();
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith("weir-initdb") && !before.has(name));
  expect(left).toEqual([]);
  const again = start();
  await again.ready();
  expect(await readFile(join(folder, "postgres-password"), "utf8")).not.toBe("");
  expect((await readdir(folder)).filter((name) => name.startsWith("postgres.new-"))).toEqual([]);
  again.kill("SIGTERM");
  await again.ended();
}, 60_000);
