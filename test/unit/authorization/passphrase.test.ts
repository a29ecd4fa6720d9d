import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { newPassphrase, passphraseBits } from "../../../src/subscriber/passphrase.ts";

test("a passphrase carries at least 60 bits", () => {
  expect(passphraseBits).toBeGreaterThanOrEqual(60);
});

test("a passphrase is typeable on a phone and short enough for a router's form", () => {
  for (let round = 0; round < 500; round++) {
    const passphrase = newPassphrase(randomInt);
    expect(passphrase).toMatch(/^[a-z]{3,5}(-[a-z]{3,5}){5}$/);
    expect(passphrase.length).toBeLessThanOrEqual(35);
  }
});

test("every word comes from the random source, over the whole list", () => {
  const limits = new Set<number>();
  const first = newPassphrase((limit) => {
    limits.add(limit);
    return 0;
  });
  const last = newPassphrase((limit) => limit - 1);
  expect([...limits]).toHaveLength(1);
  expect(Math.log2([...limits][0]!) * 6).toBeCloseTo(passphraseBits);
  expect(first).not.toBe(last);
});
