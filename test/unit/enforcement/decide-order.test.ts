import { describe, expect, test } from "vitest";
import { decideOrder, type OrderRequest } from "../../../src/enforcement/decide-order.ts";
import type { Measure, MeasureDetail } from "../../../src/enforcement/measure.ts";

const now = new Date("2026-11-01T12:00:00Z");
const days = (count: number) => new Date(now.getTime() + count * 86_400_000);
const throttle = (downKbps: number): MeasureDetail => ({ kind: "throttle", params: { downKbps, upKbps: 1 } });

const standing = (more: Partial<Measure> = {}): Measure =>
  ({
    id: "1",
    subscriberId: "s",
    reason: "",
    orderedAt: now,
    orderedBy: "playbook:botnet",
    until: days(30),
    state: "active",
    approvals: [],
    ...throttle(500),
    ...more,
  }) as Measure;

const order = (more: Partial<OrderRequest> = {}): OrderRequest => ({
  detail: throttle(500),
  now,
  isAutomatic: false,
  ...more,
});
const automatic = (more: Partial<OrderRequest> = {}) => order({ isAutomatic: true, ...more });

describe("nothing stands", () => {
  test("a person's measure is in force at once, for 30 days unless said otherwise", () => {
    const write = { kind: "write", state: "active", passesBreakers: false };
    expect(decideOrder(undefined, order())).toEqual({ ...write, until: days(30) });
    expect(decideOrder(undefined, order({ until: days(1) }))).toEqual({ ...write, until: days(1) });
  });

  test("an automatic one has to pass the breakers", () => {
    expect(decideOrder(undefined, automatic())).toMatchObject({ state: "active", passesBreakers: true });
  });

  test.each([order, automatic])("a termination waits for approval and has no end of its own", (make) => {
    const detail: MeasureDetail = { kind: "terminate", params: {} };
    const decision = decideOrder(undefined, make({ detail }));
    expect(decision).toEqual({ kind: "write", state: "awaiting-approval", passesBreakers: false });
  });
});

describe("the same stands", () => {
  test.each([order(), automatic(), order({ until: days(30) })])("ordering it again changes nothing", (again) => {
    expect(decideOrder(standing(), again)).toEqual({ kind: "keep" });
  });

  test("a person moves its end, sooner or later", () => {
    for (const until of [days(1), days(60)])
      expect(decideOrder(standing(), order({ until }))).toEqual({ kind: "move-end", until });
  });

  test("what acts by itself only makes its own last longer", () => {
    expect(decideOrder(standing(), automatic({ until: days(60) })).kind).toBe("move-end");
    expect(decideOrder(standing(), automatic({ until: days(1) })).kind).toBe("keep");
    expect(decideOrder(standing({ orderedBy: "key:a" }), automatic({ until: days(60) })).kind).toBe("keep");
  });

  test("a held one stays held for a playbook, and comes into force when a person orders it", () => {
    const held = standing({ state: "held", heldBy: "source:x" });
    expect(decideOrder(held, automatic())).toEqual({ kind: "keep" });
    expect(decideOrder(held, order())).toMatchObject({ kind: "write", state: "active", passesBreakers: false });
  });
});

describe("other params stand", () => {
  test("they are replaced, and the breakers don't count it: no further customer is touched", () => {
    for (const make of [order, automatic])
      expect(decideOrder(standing(), make({ detail: throttle(64) }))).toMatchObject({
        kind: "write",
        state: "active",
        passesBreakers: false,
      });
  });

  test("what a person ordered, only a person changes", () => {
    const byPerson = standing({ orderedBy: "key:a" });
    expect(decideOrder(byPerson, automatic({ detail: throttle(64) }))).toEqual({ kind: "keep" });
    expect(decideOrder(byPerson, order({ detail: throttle(64) }))).toMatchObject({ kind: "write" });
  });

  test("a held one is replaced by one that is held", () => {
    const held = standing({ state: "held" });
    expect(decideOrder(held, automatic({ detail: throttle(64) }))).toMatchObject({ kind: "write", state: "held" });
  });
});
