import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withFolderLock } from "../../../src/database/folder-lock.ts";

const lockModule = new URL("../../../src/database/folder-lock.ts", import.meta.url).href;
let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-lock-"));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** In a process of its own: `work` is the text of an async function of the folder. */
function inAnotherProcess(work: string): ChildProcess {
  const text = `
    import { readFile, writeFile } from "node:fs/promises";
    import { setTimeout as delay } from "node:timers/promises";
    import { withFolderLock } from ${JSON.stringify(lockModule)};
    const folder = ${JSON.stringify(folder)};
    ${work}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", text], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return child;
}

const holdForEver = () =>
  inAnotherProcess(`await withFolderLock(folder, { limitMs: 1_000 }, async () => {
    console.log("held");
    await delay(60_000);
  });`);

test("of several processes one at a time is at work, whatever way they come together", async () => {
  await writeFile(join(folder, "count"), "0");
  const counting = Array.from({ length: 4 }, () =>
    inAnotherProcess(`for (let n = 0; n < 25; n++)
      await withFolderLock(folder, { limitMs: 25_000 }, async () => {
        const count = Number(await readFile(folder + "/count", "utf8"));
        await writeFile(folder + "/count", String(count + 1));
      });`),
  );
  const codes = await Promise.all(counting.map(async (child) => (await once(child, "exit"))[0]));
  expect(codes).toEqual([0, 0, 0, 0]);
  expect(await readFile(join(folder, "count"), "utf8")).toBe("100");
});

test("in one process, too, one at a time is at work, and who has done does not let go for another", async () => {
  const order: string[] = [];
  const work = (name: string) =>
    withFolderLock(folder, { limitMs: 5_000 }, async () => {
      order.push(`${name} in`);
      await delay(20);
      order.push(`${name} out`);
    });
  await Promise.all([work("a"), work("b"), work("c")]);
  for (let n = 0; n < order.length; n += 2) expect(order[n + 1]).toBe(order[n]?.replace("in", "out"));
  expect(order).toHaveLength(6);
});

test("it ends with a process that is killed, and those who wait share it again", async () => {
  const holder = holdForEver();
  await once(holder.stdout as NodeJS.ReadableStream, "data");
  const isTaken = withFolderLock(folder, { limitMs: 150 }, async () => "taken");
  await expect(isTaken).rejects.toThrow("is it stuck?");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(await withFolderLock(folder, { limitMs: 1_000 }, async () => "taken")).toBe("taken");
});

test("work that fails gives it back, and waiting ends when it is called off", async () => {
  const failed = withFolderLock(folder, { limitMs: 1_000 }, async () => {
    throw new Error("went wrong");
  });
  await expect(failed).rejects.toThrow("went wrong");
  await withFolderLock(folder, { limitMs: 1_000 }, async () => {
    const signal = AbortSignal.timeout(20);
    await expect(withFolderLock(folder, { limitMs: 20_000, signal }, async () => undefined)).rejects.toThrow("timeout");
  });
});

test("nobody but its owner may enter the folder of the lock, whatever the data folder lets others see", async () => {
  await withFolderLock(folder, { limitMs: 1_000 }, async () => undefined);
  expect((await stat(join(folder, "start-lock"))).mode & 0o777).toBe(0o700);
});
