import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** What the ready line says. */
export interface Ready {
  readonly msg: "ready";
  readonly pid: number;
  readonly http: number;
  readonly auth?: number;
  readonly acct?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The server as its users run it: a process of its own, known by what it prints and answers. */
export interface WeirProcess {
  readonly pid: number;
  stdout(): string;
  stderr(): string;
  /** Its ready line; rejects with all it said when it ends before, or takes too long. */
  ready(withinMs?: number): Promise<Ready>;
  kill(signal: NodeJS.Signals): void;
  ended(withinMs?: number): Promise<Ended>;
}

const program = new URL("../../src/main.ts", import.meta.url).pathname;
export const ADMIN_KEY = "admin-key-of-this-test-0123456789abcdef";
const running = new Set<ChildProcess>();

/** For afterEach: nothing of a failed test stays. */
export async function endAllWeirs(): Promise<void> {
  for (const child of running) {
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    if ((await Promise.race([ended, delay(11_000, "late", { ref: false })])) === "late") child.kill("SIGKILL");
  }
}

function readyLine(text: string): Ready | undefined {
  const line = text.split("\n").find((one) => one.startsWith('{"msg":"ready"'));
  return line === undefined ? undefined : (JSON.parse(line) as Ready);
}

/** Only PATH is taken over from this process's environment. */
export function startWeirProcess(environment: Readonly<Record<string, string>>): WeirProcess {
  const child = spawn(process.execPath, [program, "serve"], {
    cwd: "/tmp",
    env: { PATH: process.env["PATH"], WEIR_ADMIN_KEY: ADMIN_KEY, WEIR_HTTP_PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  const ended = once(child, "close").then((): Ended => ({ code: child.exitCode, signal: child.signalCode }));
  const within = async <T>(work: () => T | undefined, what: string, ms: number): Promise<T> => {
    const deadline = performance.now() + ms;
    for (;;) {
      const result = work();
      if (result !== undefined) return result;
      const isOver = child.exitCode !== null || child.signalCode !== null;
      if (isOver || performance.now() > deadline)
        throw new Error(`${what} (${isOver ? "it ended" : `within ${ms} ms`}):\n${said.out}\n${said.err}`);
      await delay(10);
    }
  };
  return {
    pid: child.pid ?? -1,
    stdout: () => said.out,
    stderr: () => said.err,
    ready: async (ms = 30_000) => await within(() => readyLine(said.out), "the server was not ready", ms),
    kill: (signal) => child.kill(signal),
    ended: async (ms = 15_000) => {
      const result = await Promise.race([ended, delay(ms, undefined, { ref: false })]);
      if (result === undefined) throw new Error(`the server did not end within ${ms} ms:\n${said.out}\n${said.err}`);
      return result;
    },
  };
}

/** A call of its API; rejects on any status but 2xx. */
export async function callWeir(port: number, method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN_KEY}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

/** The sum of a metric's values over all its labels that contain each of `labels`; 0 where there is none. */
export async function metricOf(port: number, name: string, ...labels: string[]): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
