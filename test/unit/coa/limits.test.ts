import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAdmission } from "../../../src/coa/admission.ts";
import { createIdentifierPool } from "../../../src/coa/identifier-pool.ts";
import { createRateLimit } from "../../../src/coa/rate-limit.ts";
import { retransmissionWaits } from "../../../src/coa/retransmission.ts";

describe("waits between transmissions (RFC 5080 section 2.2.1)", () => {
  test("the first as asked, each further one twice the one before", () => {
    expect(retransmissionWaits(1000, 3, () => 0.5)).toEqual([1000, 2000, 4000, 8000]);
    expect(retransmissionWaits(1000, 0, () => 0.5)).toEqual([1000]);
  });
  test("jitter is a tenth either way", () => {
    expect(retransmissionWaits(1000, 1, () => 0)).toEqual([900, 1710]);
    expect(retransmissionWaits(1000, 1, () => 1)).toEqual([1100, 2310]);
  });
  test("none grows past 16 s, or past the first one where that is longer", () => {
    expect(retransmissionWaits(8000, 3, () => 0.5)).toEqual([8000, 16_000, 16_000, 16_000]);
    expect(retransmissionWaits(20_000, 2, () => 0.5)).toEqual([20_000, 20_000, 20_000]);
  });
  test("twenty retransmissions end within the window in which the NAS takes the same Event-Timestamp", () => {
    for (const timeoutMs of [10, 1500, 60_000]) {
      const waits = retransmissionWaits(timeoutMs, 20, () => 0.99);
      expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThanOrEqual(300_000);
    }
  });
});

describe("identifiers of one port", () => {
  test("256, each once, and none again before its window is over", () => {
    const pool = createIdentifierPool(1000);
    const taken = Array.from({ length: 256 }, () => pool.take(0));
    expect(new Set(taken).size).toBe(256);
    expect(pool.take(0)).toBeUndefined();
    pool.rest(7, 500);
    expect(pool.take(1499)).toBeUndefined();
    expect(pool.free(1499)).toBe(0);
    expect(pool.free(1500)).toBe(1);
    expect(pool.take(1500)).toBe(7);
  });
  test("what was never sent is free at once", () => {
    const pool = createIdentifierPool(1000);
    for (let count = 0; count < 256; count++) pool.take(0);
    pool.giveBack(9);
    expect(pool.take(0)).toBe(9);
  });
  test("the one that has rested longest comes first", () => {
    const pool = createIdentifierPool(10);
    for (let count = 0; count < 256; count++) pool.take(0);
    for (const identifier of [5, 3, 4]) pool.rest(identifier, identifier === 5 ? 0 : 1);
    expect([pool.take(20), pool.take(20), pool.take(20), pool.take(20)]).toEqual([5, 3, 4, undefined]);
  });
  test("a port of before a crash serves resumed requests only, each identifier once", () => {
    const pool = createIdentifierPool(1000, 100);
    expect(pool.take(1099)).toBeUndefined();
    expect(pool.retake(7)).toBe(true);
    expect(pool.retake(7)).toBe(false);
    expect(pool.isIdle(1100)).toBe(false);
    pool.rest(7, 200);
    expect(pool.isIdle(1199)).toBe(false);
    expect(pool.isIdle(1200)).toBe(true);
  });
});

describe("requests a second", () => {
  test("no second has more, wherever it begins", () => {
    const limit = createRateLimit(10);
    const left: number[] = [];
    for (let nowMs = 0; nowMs < 5000; nowMs += 7)
      while (limit.available(nowMs) > 0 && left.length < 1000) {
        limit.take(nowMs);
        left.push(nowMs);
      }
    for (const [index, at] of left.entries()) {
      const tenLater = left[index + 10];
      if (tenLater !== undefined) expect(tenLater - at).toBeGreaterThanOrEqual(1000);
    }
    expect(left).toHaveLength(50);
  });
  test("half a request a second is one in two", () => {
    const limit = createRateLimit(0.5);
    limit.take(0);
    expect(limit.waitMs(500)).toBe(1500);
    expect(limit.available(1999)).toBe(0);
    expect(limit.available(2000)).toBe(1);
  });
});

describe("admission", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const now = () => Date.now();

  test("one that waits is let in when another leaves, and nobody overtakes it", async () => {
    const admission = createAdmission(now, { maxInFlight: 1 });
    await admission.enter();
    await admission.pace();
    const order: string[] = [];
    const waiting = [1, 2].map((name) => admission.enter().then(() => order.push(`entered ${name}`)));
    admission.leave({ unsent: false });
    await waiting[0];
    expect(order).toEqual(["entered 1"]);
    expect(admission.available()).toBe(0);
    admission.leave({ unsent: true });
    await waiting[1];
    expect(order).toEqual(["entered 1", "entered 2"]);
  });
  test("waiting has an end", async () => {
    const admission = createAdmission(now, { maxInFlight: 1 });
    await admission.enter();
    const waiting = expect(admission.enter()).rejects.toThrow("no room");
    await vi.advanceTimersByTimeAsync(10_000);
    await waiting;
    expect(vi.getTimerCount()).toBe(0);
    admission.leave({ unsent: true });
    expect(admission.isIdle()).toBe(true);
  });
  test("what is prepared and not sent counts against the rate, and its departure waits for it", async () => {
    const admission = createAdmission(now, { maxInFlight: 9, ratePerSecond: 1 });
    await admission.enter();
    expect(admission.available()).toBe(0);
    await admission.pace();
    const second = admission.enter().then(() => admission.pace());
    let isSent = false;
    void second.then(() => {
      isSent = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isSent).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(isSent).toBe(true);
  });
  test("who waits for the rate is let in when it has room, also when nothing leaves", async () => {
    const admission = createAdmission(now, { maxInFlight: 9, ratePerSecond: 1 });
    await admission.enter();
    await admission.pace();
    let isIn = false;
    void admission.enter().then(() => {
      isIn = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isIn).toBe(false);
    await vi.advanceTimersByTimeAsync(2);
    expect(isIn).toBe(true);
  });
  test("stopping refuses who waits and leaves no timer", async () => {
    const admission = createAdmission(now, { maxInFlight: 1, ratePerSecond: 1 });
    await admission.enter();
    const waiting = expect(admission.enter()).rejects.toThrow("stopping");
    admission.stop();
    await waiting;
    await expect(admission.enter()).rejects.toThrow();
    expect(vi.getTimerCount()).toBe(0);
  });
});
