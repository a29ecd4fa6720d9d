import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isRunning, runningPostmaster, startPostmaster, stopPostmaster } from "../../../src/database/postmaster.ts";

const uid = process.getuid?.();
let cluster: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  cluster = await mkdtemp(join(tmpdir(), "weir-postmaster-"));
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await rm(cluster, { recursive: true, force: true });
});

/** A process that goes by PostgreSQL's name. */
async function namesake(argv0 = "postgres"): Promise<number> {
  child = spawn("sleep", ["60"], { argv0, stdio: "ignore" });
  await once(child, "spawn");
  return child.pid ?? 0;
}

const recorded = async (firstLine: string) =>
  await writeFile(join(cluster, "postmaster.pid"), `${firstLine}\n${cluster}\n`);

test("the process that postmaster.pid names runs, and is ended", async () => {
  const pid = await namesake();
  await recorded(String(pid));
  expect(await runningPostmaster({ cluster })).toEqual({ pid, uid });
  const ended = child && once(child, "exit");
  await stopPostmaster({ pid, uid }, 2_000);
  expect(await ended).toEqual([null, "SIGINT"]);
  expect(await runningPostmaster({ cluster })).toBeUndefined();
});

test.each(["-1", "0", "1 ", "-2147483648", "99999999999", "0x10", "", "1e3"])(
  "%j names no process: a signal to it could be for all of them",
  async (line) => {
    await recorded(line);
    expect(await runningPostmaster({ cluster })).toBeUndefined();
  },
);

test("a process of another user or another name is none of ours, and is sent nothing", async () => {
  const pid = await namesake();
  await recorded(String(pid));
  const other = { uid: (uid ?? 0) + 1, gid: 1 };
  expect(await runningPostmaster({ cluster, user: other })).toBeUndefined();
  await stopPostmaster({ pid, uid: other.uid }, 0);
  expect(await isRunning({ pid, uid })).toBe(true);
  child?.kill("SIGKILL");
  const editor = await namesake("editor");
  await recorded(String(editor));
  expect(await runningPostmaster({ cluster })).toBeUndefined();
});

test("one that does not hear SIGINT is ended by SIGQUIT", async () => {
  child = spawn("sh", ["-c", 'trap "" INT; echo up; while :; do sleep 0.05; done'], { argv0: "postgres" });
  await once(child.stdout as NodeJS.ReadableStream, "data");
  const ended = once(child, "exit");
  await stopPostmaster({ pid: child.pid ?? 0, uid }, 100);
  expect(await ended).toEqual([null, "SIGQUIT"]);
});

test("a program that is not there is said to be missing", async () => {
  await expect(startPostmaster(join(cluster, "no-postgres"), { cluster }, [])).rejects.toThrow("ENOENT");
});
