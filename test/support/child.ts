import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

export interface Child {
  readonly pid: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Resolves once its output matches; rejects with the output when it ends before, or takes too long. */
  says(pattern: RegExp, withinMs?: number): Promise<void>;
  /** The same for what it writes from now on: take it before the deed, wait for it after. */
  fromNow(): { says(pattern: RegExp, withinMs?: number): Promise<void>; output(): string };
  exited(): Promise<number | null>;
  /** SIGTERM, and SIGKILL when that is not heard. */
  stop(): Promise<void>;
}

const KILL_AFTER_MS = 3_000;
const LOOK_EVERY_MS = 20;

/** A program of the test's own, ended by its process id. */
export function startChild(command: string, args: readonly string[], options: { cwd?: string } = {}): Child {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let written = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      written += chunk.toString();
    });
  // One that cannot be started says nothing itself.
  child.once("error", (error) => {
    written += `${error.message}\n`;
  });
  const ended = once(child, "close").then(() => child.exitCode);
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    output: () => written,
    says: (pattern, withinMs = 10_000) => waitForOutput({ child, written: () => written }, pattern, withinMs),
    fromNow: () => {
      const from = written.length;
      const since = () => written.slice(from);
      return {
        output: since,
        says: (pattern, withinMs = 10_000) => waitForOutput({ child, written: since }, pattern, withinMs),
      };
    },
    exited: () => ended,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const hasEnded = await Promise.race([ended.then(() => true), setTimeout(KILL_AFTER_MS, false, { ref: false })]);
      if (!hasEnded) child.kill("SIGKILL");
      await ended;
    },
  };
}

async function waitForOutput(
  { child, written }: { child: ChildProcess; written: () => string },
  pattern: RegExp,
  withinMs: number,
): Promise<void> {
  const command = child.spawnargs.join(" ");
  const deadline = performance.now() + withinMs;
  while (!pattern.test(written())) {
    if (performance.now() > deadline)
      throw new Error(`${command} did not say ${pattern} within ${withinMs} ms:\n${written()}`);
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${command} ended before it said ${pattern}:\n${written()}`);
    await setTimeout(LOOK_EVERY_MS);
  }
}
