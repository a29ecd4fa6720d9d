import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";

export interface FolderLockLimits {
  /** How long another may have it before that is an error. */
  readonly limitMs: number;
  /** Aborted: not waited for any more. */
  readonly signal?: AbortSignal;
}

const LOOK_EVERY_MS = 50;
/** SQLite's result code: somebody else has it (https://www.sqlite.org/rescode.html#busy). */
const BUSY = 5;

function take(lock: DatabaseSync): boolean {
  try {
    lock.exec("begin exclusive");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === BUSY) return false;
    throw error;
  }
}

/**
 * Does work on a folder that only one process of this machine may do at a time; the others wait. Rejects when that takes
 * longer than `limitMs`.
 *
 * The lock is the kernel's, on a file (fcntl(2)): it ends with the process that holds it, also with one that is killed, so
 * that there is nothing stale to tell from what is alive and to take away, which two could never do at once without a
 * lock. Node locks files by its SQLite only; the file stays empty, since nothing is written. Only who may enter the folder
 * with it, its owner, can take it: a name in Linux's abstract namespace could be taken by anybody.
 */
export async function withFolderLock<T>(
  folder: string,
  { limitMs, signal }: FolderLockLimits,
  work: () => Promise<T>,
): Promise<T> {
  const giveUpAt = Date.now() + limitMs;
  const place = join(folder, "start-lock");
  // A file's mode would be too late: who can read it can hold a shared lock on it.
  await mkdir(place, { recursive: true, mode: 0o700 });
  const lock = new DatabaseSync(join(place, "lock"));
  try {
    while (!take(lock)) {
      signal?.throwIfAborted();
      if (Date.now() > giveUpAt)
        throw new Error(
          `another process has been starting the database of ${folder} for ${limitMs / 1000} s: is it stuck?`,
        );
      await delay(LOOK_EVERY_MS);
    }
    return await work();
  } finally {
    lock.close();
  }
}
