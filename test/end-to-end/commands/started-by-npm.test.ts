import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";

const execute = promisify(execFile);
const root = resolve(import.meta.dirname, "../../..");
const wrapper = join(root, "bin/weir");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-npm-"));
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** Not ended: an orphan that has is a zombie until the system's first process takes notice, which may be seconds later. */
async function isAlive(pid: number): Promise<boolean> {
  const { stdout } = await execute("ps", ["-o", "stat=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.trim() !== "" && !stdout.startsWith("Z");
}

async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  for (const deadline = performance.now() + limitMs; !(await holds()); await delay(20))
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
}

/** The process that runs the program: the last of those that one of ours started. */
async function lastBelow(pid: number): Promise<number> {
  const { stdout } = await execute("ps", ["-e", "-o", "pid=,ppid="]);
  const processes = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number => {
    const [child] = processes.find(([, one]) => one === parent) ?? [];
    return child === undefined ? parent : below(child);
  };
  return below(pid);
}

const started = new Set<number>();
afterEach(async () => {
  for (const pid of started) if (await isAlive(pid)) process.kill(pid, "SIGKILL");
  started.clear();
});

/** Starts a simulated BNG, which runs until it is told to end as the server does; ends npm, and answers with its pid. */
async function orphanedBng(command: string, args: readonly string[]): Promise<number> {
  const ports = ["--coa-port", String(await freePort()), "--acct-port", String(await freePort())];
  const child = spawn(command, [...args, "bng", "--sessions", "1", ...ports], {
    cwd: root,
    env: { PATH: process.env["PATH"], HOME: folder, npm_config_update_notifier: "false" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  await until(`${command} said that the BNG is up`, () => said.includes("CoA on"), 25_000);
  const pid = await lastBelow(child.pid ?? -1);
  expect(pid).not.toBe(child.pid);
  started.add(pid);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
  return pid;
}

test.each([
  ["npm", ["run", "weir", "--"]],
  ["npx", ["weir"]],
] as const)("SIGTERM to %s ends what it started", async (command, args) => {
  const pid = await orphanedBng(command, args);
  // With no server there, it waits three seconds for the answer to its Accounting-Off.
  await until("the program has ended", async () => !(await isAlive(pid)), 10_000);
});

test("whatever runs for long takes its shell's place, so that npm's signals reach it", async () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    await readFile(join(root, "package.json"), "utf8"),
  );
  for (const name of ["start", "demo", "weir", "bench"]) expect(scripts[name]).toMatch(/^exec node /);
});

test("bin/weir runs from any folder, through links, and without a home", async () => {
  const [first, second] = [join(folder, "weir"), join(folder, "again")];
  await symlink(wrapper, first);
  await symlink("weir", second);
  for (const path of [wrapper, first, second]) {
    const options = { cwd: "/", env: { PATH: "/usr/bin:/bin", HOME: "/nonexistent", CDPATH: "/tmp" } };
    expect((await execute(path, ["--version"], options)).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  }
});

test("bin/weir hands on arguments and exit code as they are", async () => {
  const run = execute(wrapper, ["lookup", "1.2.3 4 *"], { cwd: "/" });
  await expect(run).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('"1.2.3 4 *" is not an IP') });
});

test("bin/weir says what to do where the packages are not installed", async () => {
  const bare = join(folder, "bare/bin");
  await execute("mkdir", ["-p", bare]);
  await execute("cp", [wrapper, bare]);
  await expect(execute(join(bare, "weir"), ["--version"])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("run npm ci in"),
  });
});
