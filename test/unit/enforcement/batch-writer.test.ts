import { expect, test } from "vitest";
import { createBatchWriter } from "../../../src/enforcement/batch-writer.ts";

test("what comes while a write is under way shares the next one, in order, and each gets its own answer", async () => {
  const batches: number[][] = [];
  const release: (() => void)[] = [];
  const writer = createBatchWriter<number, number>({
    maxBatch: 3,
    write: async (items) => {
      batches.push([...items]);
      await new Promise<void>((resolve) => release.push(resolve));
      return items.map((item) => item * 10);
    },
  });
  const first = writer.add(1);
  while (release.length < 1) await new Promise(setImmediate);
  const rest = [2, 3, 4, 5].map((item) => writer.add(item));
  for (let done = 0; done < 3; done++) {
    while (release.length <= done) await new Promise(setImmediate);
    release[done]!();
  }
  expect(await Promise.all([first, ...rest])).toEqual([10, 20, 30, 40, 50]);
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  await writer.idle();
});

test("an item that cannot be written does not fail the others with it", async () => {
  const writer = createBatchWriter<number, number>({
    maxBatch: 10,
    write: async (items) => {
      if (items.includes(2)) throw Object.assign(new Error("invalid text"), { code: "22021" });
      return items;
    },
  });
  const results = await Promise.allSettled([1, 2, 3].map((item) => writer.add(item)));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("a lost connection fails the whole batch once", async () => {
  let writes = 0;
  const writer = createBatchWriter<number, number>({
    maxBatch: 10,
    write: async () => {
      writes++;
      throw Object.assign(new Error("gone"), { code: "57P01" });
    },
  });
  const results = await Promise.allSettled([1, 2, 3].map((item) => writer.add(item)));
  expect(results.every(({ status }) => status === "rejected")).toBe(true);
  expect(writes).toBe(1);
});
