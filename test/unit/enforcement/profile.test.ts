import fc from "fast-check";
import { expect, test } from "vitest";
import type { Measure, MeasureDetail } from "../../../src/enforcement/measure.ts";
import {
  forbidsSession,
  profileDigest,
  profileOf,
  profileUnion,
  unrestricted,
} from "../../../src/enforcement/profile.ts";

const measure = (detail: MeasureDetail, more: Partial<Measure> = {}): Measure =>
  ({
    id: "1",
    subscriberId: "s",
    reason: "",
    orderedBy: "key:a",
    orderedAt: new Date(0),
    state: "active",
    approvals: [],
    ...detail,
    ...more,
  }) as Measure;

const throttle = measure({ kind: "throttle", params: { downKbps: 512, upKbps: 128 } });
const garden = measure({ kind: "walled-garden", params: {} });
const suspend = measure({ kind: "suspend", params: {} });
const smtp = measure({ kind: "restrict-smtp", params: {} });
const ports = (...numbers: number[]) =>
  measure({
    kind: "block-ports",
    params: { rules: numbers.map((port) => ({ protocol: "tcp", port, direction: "out" })) },
  });

test("no measure, or none that is active, leaves a subscriber unrestricted", () => {
  expect(profileOf([])).toEqual(unrestricted);
  const waiting = ["awaiting-approval", "held", "rejected", "lifted"] as const;
  expect(profileOf(waiting.map((state) => ({ ...suspend, state })))).toEqual({});
  expect(profileDigest(unrestricted)).toBeNull();
});

test("measures add up, in whatever order they come", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([throttle, garden, suspend, smtp, ports(23, 22)]), (some) => {
      const digest = profileDigest(profileOf(some));
      expect(profileDigest(profileOf([...some].reverse()))).toBe(digest);
      expect(digest === null).toBe(some.length === 0);
    }),
  );
});

test("the same rules in another order are the same profile; other rates are another", () => {
  expect(profileDigest(profileOf([ports(23, 22)]))).toBe(profileDigest(profileOf([ports(22, 23)])));
  const faster = measure({ kind: "throttle", params: { downKbps: 513, upKbps: 128 } });
  expect(profileDigest(profileOf([throttle]))).not.toBe(profileDigest(profileOf([faster])));
});

test("suspend and terminate forbid a session; nothing else does", () => {
  expect(forbidsSession(profileOf([suspend]))).toBe(true);
  expect(forbidsSession(profileOf([measure({ kind: "terminate", params: {} })]))).toBe(true);
  expect(forbidsSession(profileOf([garden, throttle, smtp, ports(1)]))).toBe(false);
});

test("regenerate-password gardens only once the password is regenerated, and only if asked to", () => {
  const params = { when: "next-auth", answer: "walled-garden" } as const;
  const armed = measure({ kind: "regenerate-password", params }, { progress: "armed" });
  expect(profileOf([armed])).toEqual({});
  expect(profileOf([{ ...armed, progress: "regenerated" }])).toEqual({ isWalledGarden: true });
  const rejecting = measure(
    { kind: "regenerate-password", params: { ...params, answer: "reject" } },
    { progress: "regenerated" },
  );
  expect(profileOf([rejecting])).toEqual({});
});

test("the union of two profiles has all that either has, and each rule once", () => {
  const union = profileUnion(profileOf([garden, ports(22)]), profileOf([throttle, ports(22, 25)]));
  expect(union).toMatchObject({ isWalledGarden: true, throttle: { downKbps: 512 } });
  expect(union.blockedPorts?.map(({ port }) => port)).toEqual([22, 25]);
  expect(profileUnion(unrestricted, unrestricted)).toEqual({});
});

test("the digest does not depend on the order of keys: jsonb gives them back in its own", () => {
  const given = {
    throttle: { downKbps: 512, upKbps: 128 },
    blockedPorts: [{ protocol: "tcp", port: 25, direction: "out" }],
  } as const;
  const stored = {
    blockedPorts: [{ port: 25, protocol: "tcp", direction: "out" }],
    throttle: { upKbps: 128, downKbps: 512 },
  } as const;
  expect(profileDigest(stored)).toBe(profileDigest(given));
});
