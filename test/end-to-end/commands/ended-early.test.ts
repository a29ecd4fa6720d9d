import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, glob, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../../../bench/free-port.ts";

const program = new URL("../../../src/main.ts", import.meta.url).pathname;
const LIMIT_MS = 20_000;

let folder: string;
let environment: NodeJS.ProcessEnv;
let httpPort: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-ended-early-"));
  // As root, PostgreSQL runs as another user, who has to get through.
  await chmod(folder, 0o755);
  httpPort = await freePort();
  environment = {
    PATH: process.env["PATH"],
    WEIR_DATA_DIR: folder,
    WEIR_HTTP_PORT: String(httpPort),
    WEIR_AUTH_PORT: String(await freePort()),
    WEIR_ACCT_PORT: String(await freePort()),
  };
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** Where an embedded PostgreSQL that runs on the data folder has its process id. */
const isPostgresRunning = () => existsSync(join(folder, "postgres", "postmaster.pid"));

const weir = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [program, ...args], { env: environment, stdio: "pipe" });

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null) await once(child, "exit", { signal: AbortSignal.timeout(LIMIT_MS) });
  return child.exitCode;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${LIMIT_MS} ms: ${holds}`);
    await setTimeout(20);
  }
}

test("Ctrl-C, which npx makes two of, ends a command that waits, and the PostgreSQL that it started", async () => {
  const child = weir("import", "subscribers", "-");
  try {
    await until(isPostgresRunning);
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.kill("SIGINT");
    await until(() => said !== "");
    child.kill("SIGINT");
    expect(await ended(child)).toBe(1);
    expect(said).toBe("weir import: ended by SIGINT\n");
    expect(isPostgresRunning()).toBe(false);
  } finally {
    child.kill("SIGKILL");
  }
}, 40_000);

test.each(["key list", "doctor", "migrate", "lookup 192.0.2.1"])(
  "a reader that has had enough of %s is no failure, and nothing is left running",
  async (command) => {
    const pipeline = `{ "${process.execPath}" "${program}" ${command}; echo "code $?" >&2; } | true`;
    const { stderr } = await promisify(execFile)("sh", ["-c", pipeline], { env: environment, timeout: LIMIT_MS });
    expect(stderr).toBe("code 0\n");
    expect(isPostgresRunning()).toBe(false);
  },
  30_000,
);

test("the server goes on where nobody reads its output any more", async () => {
  const child = weir("serve");
  try {
    child.stdout?.destroy();
    child.stderr?.destroy();
    const isReady = async () =>
      await fetch(`http://127.0.0.1:${httpPort}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(isReady);
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(0);
    expect(isPostgresRunning()).toBe(false);
  } finally {
    child.kill("SIGKILL");
  }
}, 40_000);

test("SIGTERM to the bench ends its server, and leaves neither process nor data behind", async () => {
  const temporary = join(folder, "bench");
  await mkdir(temporary, { mode: 0o755 });
  const options = { env: { ...environment, TMPDIR: temporary }, stdio: "ignore" } as const;
  const child = spawn(process.execPath, [program, "bench", "--suite", "report"], options);
  try {
    let pid = 0;
    await until(async () => {
      for await (const note of glob(join(temporary, "weir-bench-*", "server.json")))
        pid = Number(/"pid":(\d+)/.exec(await readFile(note, "utf8"))?.[1] ?? 0);
      return pid > 0;
    });
    child.kill("SIGTERM");
    expect(await ended(child)).toBe(1);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(await readdir(temporary)).toEqual([]);
  } finally {
    child.kill("SIGTERM");
  }
}, 40_000);
