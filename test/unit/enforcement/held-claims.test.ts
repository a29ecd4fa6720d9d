import { expect, test } from "vitest";
import { createHeldClaims } from "../../../src/enforcement/held-claims.ts";

test("a claim is held for a lease from when it was asked for, longer when renewed, and no longer when it is forgotten", () => {
  let uptime = 1_000;
  const claims = createHeldClaims({ leaseMs: 100, uptimeMs: () => uptime });
  expect(claims.isHeld("1")).toBe(false);
  claims.hold(["1", "2"], 990);
  uptime = 1_089;
  expect([claims.isHeld("1"), claims.isHeld("2")]).toEqual([true, true]);
  claims.hold(["2"], 1_050);
  uptime = 1_090;
  expect([claims.isHeld("1"), claims.isHeld("2")]).toEqual([false, true]);
  claims.forget("2");
  expect(claims.isHeld("2")).toBe(false);
});
