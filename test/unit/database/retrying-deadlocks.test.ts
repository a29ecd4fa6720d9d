import { expect, test } from "vitest";
import { retryingDeadlocks } from "../../../src/database/retrying-deadlocks.ts";

const noWait = () => 0;
const failure = (code: string) => Object.assign(new Error(code), { code });

/** Work that fails so many times before it succeeds, and how often it was run. */
function failing(times: number, error: unknown) {
  let runs = 0;
  const work = async () => {
    runs++;
    if (runs <= times) throw error;
    return runs;
  };
  return { work, runs: () => runs };
}

test.each(["40P01", "40001"])("work that lost a race (%s) is run again until it succeeds", async (code) => {
  expect(await retryingDeadlocks(failing(3, failure(code)).work, noWait)).toBe(4);
});

test("it is given up after six runs", async () => {
  const deadlock = failure("40P01");
  const always = failing(Number.POSITIVE_INFINITY, deadlock);
  await expect(retryingDeadlocks(always.work, noWait)).rejects.toBe(deadlock);
  expect(always.runs()).toBe(6);
});

test.each([failure("23505"), new Error("mine"), undefined])(
  "any other failure is the caller's at once",
  async (error) => {
    const once = failing(1, error);
    await expect(retryingDeadlocks(once.work, noWait)).rejects.toBe(error);
    expect(once.runs()).toBe(1);
  },
);
