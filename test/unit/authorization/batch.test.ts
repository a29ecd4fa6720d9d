import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { Batch, BatchError, type BatchOptions } from "../../../src/authorization/batch.ts";

/** A database whose queries end when the test says so. */
function slowDatabase() {
  const queries: { keys: readonly number[]; answer(): void; fail(error: Error): void }[] = [];
  const run = (keys: readonly number[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      queries.push({ keys, answer: () => resolve(keys.map((key) => `answer ${key}`)), fail: reject });
    });
  return { queries, run };
}

const options = (run: BatchOptions<number, string>["run"], changes = {}): BatchOptions<number, string> => ({
  run,
  maxBatch: 10,
  maxQueue: 100,
  maxWaitMs: 1_000,
  maxUnderWay: 1,
  ...changes,
});

const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
    return "answered";
  } catch (error) {
    return error instanceof BatchError ? error.code : `not a BatchError: ${error}`;
  }
};

describe("a batch", () => {
  test("asks once for what was asked while a query was under way", async () => {
    const database = slowDatabase();
    const batch = new Batch(options(database.run));
    const first = batch.ask(1);
    await turn();
    const later = [batch.ask(2), batch.ask(3)];
    await turn();
    expect(database.queries.map((query) => query.keys)).toEqual([[1]]);
    database.queries[0]?.answer();
    expect(await first).toBe("answer 1");
    await turn();
    expect(database.queries.map((query) => query.keys)).toEqual([[1], [2, 3]]);
    database.queries[1]?.answer();
    expect(await Promise.all(later)).toEqual(["answer 2", "answer 3"]);
    batch.stop();
  });

  test("never answers from a query that began before the question", async () => {
    const database = slowDatabase();
    const batch = new Batch(options(database.run));
    const before = batch.ask(7);
    await turn();
    const after = batch.ask(7);
    database.queries[0]?.answer();
    await before;
    await turn();
    expect(database.queries).toHaveLength(2);
    database.queries[1]?.answer();
    expect(await after).toBe("answer 7");
    batch.stop();
  });

  test("is bounded in size, and runs no more queries at once than allowed", async () => {
    const database = slowDatabase();
    const batch = new Batch(options(database.run, { maxBatch: 2, maxUnderWay: 2 }));
    const asked = [1, 2, 3, 4, 5].map((key) => batch.ask(key));
    await turn();
    expect(database.queries.map((query) => query.keys)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    for (const query of database.queries) query.answer();
    await turn();
    database.queries[2]?.answer();
    expect(await Promise.all(asked)).toHaveLength(5);
    batch.stop();
  });

  test("refuses what does not fit its queue", async () => {
    const database = slowDatabase();
    const batch = new Batch(options(database.run, { maxQueue: 1 }));
    const waiting = codeOf(batch.ask(1));
    expect(await codeOf(batch.ask(2))).toBe("queue-full");
    batch.stop();
    expect(await waiting).toBe("stopped");
    expect(await codeOf(batch.ask(3))).toBe("stopped");
  });

  test("fails only the questions of the query that failed", async () => {
    const database = slowDatabase();
    const batch = new Batch(options(database.run, { maxBatch: 1 }));
    const [first, second] = [codeOf(batch.ask(1)), codeOf(batch.ask(2))];
    await turn();
    database.queries[0]?.fail(new Error("connection refused"));
    expect(await first).toBe("failed");
    await turn();
    database.queries[1]?.answer();
    expect(await second).toBe("answered");
    batch.stop();
  });

  test("gives up on a query that never ends, and on what waits behind it, each after its own wait", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const database = slowDatabase();
      const batch = new Batch(options(database.run));
      const stuck = codeOf(batch.ask(1));
      await turn();
      vi.advanceTimersByTime(600);
      const behind = codeOf(batch.ask(2));
      vi.advanceTimersByTime(400);
      expect(await stuck).toBe("timeout");
      vi.advanceTimersByTime(599);
      const settled = await Promise.race([behind, turn("still waiting")]);
      expect(settled).toBe("still waiting");
      vi.advanceTimersByTime(2);
      expect(await behind).toBe("timeout");
      batch.stop();
    } finally {
      vi.useRealTimers();
    }
  });
});
