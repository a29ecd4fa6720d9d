import { afterEach, expect, test, vi } from "vitest";
import { createReportTurns, type TurnLimits } from "../../../src/intake/report-turns.ts";

const limits: TurnLimits = { atOnce: 2, waiting: 3, waitingBytes: 100, waitMs: 1_000, usedBytes: 1_000 };

afterEach(() => {
  vi.useRealTimers();
});

/** What a turn that was asked for has come to by now. */
function watch<Value>(promise: Promise<Value>) {
  const seen: { state: "waits" | "turn" | "none"; value?: Value } = { state: "waits" };
  void promise.then((value) => {
    seen.state = value === undefined ? "none" : "turn";
    seen.value = value;
  });
  return seen;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("two are read at once; the third begins when one of them was read, in the order in which they came", async () => {
  const turns = createReportTurns(limits);
  const first = await turns.take(1);
  await turns.take(1);
  const [third, fourth] = [watch(turns.take(1)), watch(turns.take(1))];
  await settled();
  expect([third.state, fourth.state]).toEqual(["waits", "waits"]);
  first?.wasRead(10);
  await settled();
  expect([third.state, fourth.state]).toEqual(["turn", "waits"]);
  third.value?.end();
  await settled();
  expect(fourth.state).toBe("turn");
});

test("while what was read and is in use takes too much memory, none begins", async () => {
  const turns = createReportTurns(limits);
  const first = await turns.take(1);
  first?.wasRead(1_001);
  const second = watch(turns.take(1));
  await settled();
  expect(second.state).toBe("waits");
  first?.end();
  await settled();
  expect(second.state).toBe("turn");
});

test("what a turn held is free after its end, also if it was never read", async () => {
  const turns = createReportTurns(limits);
  for (let round = 0; round < 10; round++) {
    const turn = await turns.take(1);
    if (round % 2 === 0) turn?.wasRead(5_000);
    turn?.end();
  }
  expect(await turns.take(1)).toBeDefined();
});

test("more than so many, or so many bytes, do not wait", async () => {
  const turns = createReportTurns(limits);
  await turns.take(1);
  await turns.take(1);
  watch(turns.take(50));
  expect(await turns.take(51)).toBeUndefined();
  watch(turns.take(25));
  watch(turns.take(25));
  expect(await turns.take(0)).toBeUndefined();
});

test("nobody waits for longer than the limit, and whoever gave up takes no turn", async () => {
  const turns = createReportTurns(limits);
  const first = await turns.take(1);
  await turns.take(1);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const third = watch(turns.take(1));
  await vi.advanceTimersByTimeAsync(999);
  expect(third.state).toBe("waits");
  await vi.advanceTimersByTimeAsync(1);
  expect(third.state).toBe("none");
  first?.end();
  expect(await turns.take(1)).toBeDefined();
});

test("after the close nobody gets a turn, and nobody waits on", async () => {
  const turns = createReportTurns(limits);
  await turns.take(1);
  await turns.take(1);
  const third = watch(turns.take(1));
  turns.close();
  await settled();
  expect(third.state).toBe("none");
  expect(await turns.take(1)).toBeUndefined();
});
