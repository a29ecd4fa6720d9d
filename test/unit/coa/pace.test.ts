import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPace, type Pace } from "../../../src/coa/pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const uptimeMs = () => Date.now();
const paceOf = (perSecond?: number) => createPace({ uptimeMs, perSecond, onRoom: () => undefined });

function firstSends(pace: Pace, count: number, left: string[]): void {
  for (let turn = 0; turn < count; turn++) {
    pace.reserve();
    pace.first(() => left.push("first"));
  }
}
const sendAgain = (pace: Pace, count: number, left: string[]) =>
  Array.from({ length: count }, () => pace.again(() => left.push("again")));

test("without a rate everything leaves at once, and no timer is left", () => {
  const left: string[] = [];
  const pace = paceOf();
  firstSends(pace, 5, left);
  sendAgain(pace, 5, left);
  expect(left).toHaveLength(10);
  expect(vi.getTimerCount()).toBe(0);
});
test("retransmissions count: in no second does more leave than the rate", async () => {
  const left: { readonly what: string; readonly atMs: number }[] = [];
  const pace = paceOf(10);
  const note = (what: string) => () => void left.push({ what, atMs: Date.now() });
  for (let turn = 0; turn < 30; turn++) {
    pace.again(note("again"));
    pace.reserve();
    pace.first(note("first"));
  }
  await vi.advanceTimersByTimeAsync(10_000);
  expect(left).toHaveLength(60);
  for (const [index, { atMs }] of left.entries()) {
    const tenLater = left[index + 10];
    if (tenLater) expect(tenLater.atMs - atMs).toBeGreaterThanOrEqual(1_000);
  }
});
test("retransmissions without end leave half of the rate to what is new", async () => {
  const left: string[] = [];
  const pace = paceOf(10);
  sendAgain(pace, 1_000, left);
  for (let second = 0; second < 10; second++) {
    expect(pace.available()).toBeGreaterThanOrEqual(5);
    firstSends(pace, 5, left);
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(left.filter((what) => what === "first")).toHaveLength(50);
  expect(left.filter((what) => what === "again").length).toBeGreaterThanOrEqual(50);
});
test.each([10, 3, 1, 0.5])("at %d a second, where both would fill it, each gets its half", async (perSecond) => {
  const left: string[] = [];
  const pace = paceOf(perSecond);
  for (let ms = 0; ms < 60_000 / perSecond; ms += 50) {
    sendAgain(pace, 1, left);
    // As whoever makes requests does: when there is room, as many as there is room for.
    firstSends(pace, Math.max(0, pace.available()), left);
    await vi.advanceTimersByTimeAsync(50);
  }
  expect(left.length).toBeGreaterThanOrEqual(58);
  const share = left.filter((what) => what === "first").length / left.length;
  expect(share).toBeGreaterThan(0.4);
  expect(share).toBeLessThan(0.7);
});
test("what is called off does not leave, and room that is reserved is not taken", async () => {
  const left: string[] = [];
  const pace = paceOf(1);
  pace.reserve();
  const callOffs = sendAgain(pace, 2, left);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(left).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  callOffs[0]?.();
  pace.release();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(left).toEqual(["again"]);
});
test("a changed rate holds for who waits", async () => {
  const left: string[] = [];
  const pace = paceOf(0.01);
  firstSends(pace, 3, left);
  expect(left).toHaveLength(1);
  pace.adjust(undefined);
  expect(left).toHaveLength(3);
});
test("stopping lets go of what was reserved, and leaves no timer", () => {
  const left: string[] = [];
  const pace = paceOf(1);
  firstSends(pace, 3, left);
  sendAgain(pace, 3, left);
  pace.stop();
  firstSends(pace, 1, left);
  expect(left).toEqual(["first", "first", "first", "first"]);
  expect(vi.getTimerCount()).toBe(0);
});
