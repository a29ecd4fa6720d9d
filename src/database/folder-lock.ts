import { stat } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const LOOK_EVERY_MS = 50;

/** undefined: somebody else has it. */
function bind(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy()).unref();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen({ path: name, exclusive: true }, () => resolve(server));
  });
}

/**
 * Does work on a folder that only one process of this machine may do at a time; the others wait. Rejects when that takes
 * longer than `limitMs`. The lock is a socket in Linux's abstract namespace (unix(7)): it leaves no file, and ends with
 * the process that holds it, also with one that is killed.
 */
export async function withFolderLock<T>(folder: string, limitMs: number, work: () => Promise<T>): Promise<T> {
  const { dev, ino } = await stat(folder);
  const giveUpAt = Date.now() + limitMs;
  for (;;) {
    const held = await bind(`\0weir-folder-${dev}-${ino}`);
    if (held) {
      try {
        return await work();
      } finally {
        await new Promise((resolve) => held.close(resolve));
      }
    }
    if (Date.now() > giveUpAt)
      throw new Error(
        `another process has been starting the database of ${folder} for ${limitMs / 1000} s: is it stuck?`,
      );
    await delay(LOOK_EVERY_MS);
  }
}
