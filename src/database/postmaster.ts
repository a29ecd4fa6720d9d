import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { EmbeddedLocation } from "./embedded-location.ts";
import { programEnvironment } from "./program-environment.ts";

/** PostgreSQL's first process, which all others stand on. */
export interface Postmaster {
  readonly pid: number;
  /** Of the user that it runs as; undefined: this system knows none. */
  readonly uid: number | undefined;
}

const POLL_MS = 20;
/** From SIGQUIT on: it writes nothing any more. */
const QUIT_LIMIT_MS = 1_000;

const uidOf = ({ user }: EmbeddedLocation): number | undefined => user?.uid ?? process.getuid?.();

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** A process id may have been given to something else since: only a postgres counts, and only one of that user. */
export async function isRunning({ pid, uid }: Postmaster): Promise<boolean> {
  if (!exists(pid)) return false;
  if (process.platform !== "linux") return true;
  try {
    const owner = (await stat(`/proc/${pid}`)).uid;
    return owner === uid && (await readFile(`/proc/${pid}/cmdline`, "utf8")).includes("postgres");
  } catch {
    // It has just ended.
    return false;
  }
}

/**
 * Reads the first line of postmaster.pid. Who runs PostgreSQL may write anything there, and the process it names is sent
 * signals, perhaps by root: -1 would be all of them.
 */
export async function runningPostmaster(location: EmbeddedLocation): Promise<Postmaster | undefined> {
  const text = await readFile(join(location.cluster, "postmaster.pid"), "utf8").catch(() => "");
  const [first = ""] = text.split("\n");
  if (!/^[1-9][0-9]{0,8}$/.test(first)) return undefined;
  const postmaster = { pid: Number(first), uid: uidOf(location) };
  return (await isRunning(postmaster)) ? postmaster : undefined;
}

export interface StartingPostmaster extends Postmaster {
  /** What it ended with; undefined: it has not. */
  outcome(): number | NodeJS.Signals | undefined;
}

/** Starts one; it goes on without us. Rejects where the program cannot be run. */
export async function startPostmaster(
  program: string,
  location: EmbeddedLocation,
  settings: readonly string[],
): Promise<StartingPostmaster> {
  const flags = settings.flatMap((setting) => ["-c", setting]);
  const child = spawn(program, ["-D", location.cluster, ...flags], {
    ...location.user,
    cwd: "/",
    env: programEnvironment(),
    // A process group of its own: Ctrl-C at the terminal is for us, and we end it in our own order.
    detached: true,
    stdio: "ignore",
  });
  child.unref();
  await once(child, "spawn");
  if (child.pid === undefined) throw new Error(`${program} was started without a process id`);
  return { pid: child.pid, uid: uidOf(location), outcome: () => child.exitCode ?? child.signalCode ?? undefined };
}

/** Resolves with whether it has ended in that time. */
async function endedWithin(postmaster: Postmaster, limitMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + limitMs;
  while (await isRunning(postmaster)) {
    if (Date.now() > giveUpAt) return false;
    await delay(POLL_MS);
  }
  return true;
}

/** Fast shutdown; immediate after `limitMs`, and the next start recovers what was committed. */
export async function stopPostmaster(postmaster: Postmaster, limitMs: number): Promise<void> {
  for (const [signal, withinMs] of [
    ["SIGINT", limitMs],
    ["SIGQUIT", QUIT_LIMIT_MS],
  ] as const) {
    if (!(await isRunning(postmaster))) return;
    try {
      process.kill(postmaster.pid, signal);
    } catch {
      // It has ended already.
    }
    if (await endedWithin(postmaster, withinMs)) return;
  }
}
