import { expect, test } from "vitest";
import { recentResult } from "../../../src/api/recent-result.ts";

function counted(everyMs = 200) {
  let made = 0;
  let at = 0;
  const waiting: { readonly resolve: (value: number) => void; readonly reject: (error: Error) => void }[] = [];
  const make = () => {
    made += 1;
    return new Promise<number>((resolve, reject) => waiting.push({ resolve, reject }));
  };
  const ask = recentResult(make, { burst: 3, everyMs, now: () => at });
  const finish = () => waiting.shift()?.resolve(made);
  return {
    ask,
    finish,
    fail: () => waiting.shift()?.reject(new Error("no")),
    made: () => made,
    pass: (ms: number) => {
      at += ms;
    },
    whole: async () => {
      const asked = ask();
      finish();
      return await asked;
    },
  };
}

test("who asks while one is made gets that one", async () => {
  const { ask, finish, made } = counted();
  const asked = Array.from({ length: 1_000 }, ask);
  finish();
  expect(new Set(await Promise.all(asked))).toEqual(new Set([1]));
  expect(made()).toBe(1);
});

test("who asks now and then gets what is true now, and who asks without end one each 200 ms", async () => {
  const { whole, pass, made } = counted();
  expect([await whole(), await whole(), await whole()]).toEqual([1, 2, 3]);
  for (let asked = 0; asked < 1_000; asked += 1) {
    await whole();
    pass(1);
  }
  expect(made()).toBe(3 + 4);
  pass(10_000);
  expect([await whole(), await whole(), await whole(), await whole()]).toEqual([8, 9, 10, 10]);
});

test("a failure is told to whoever waited for it, and to nobody after", async () => {
  const { ask, fail, whole, made } = counted();
  const both = Promise.allSettled([ask(), ask()]);
  fail();
  expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await whole()).toBe(2);
  expect(made()).toBe(2);
});
