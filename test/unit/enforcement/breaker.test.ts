import { expect, test } from "vitest";
import { breakerLimit, breakerScope, breakerSubject, untouchedBreaker } from "../../../src/enforcement/breaker.ts";

test("ids name a scope and what it counts", () => {
  expect(breakerScope("base")).toBe("base");
  expect(breakerScope("source:abuse:feed")).toBe("source");
  expect(breakerSubject("source:abuse:feed")).toBe("abuse:feed");
  for (const id of ["", "source", "source:", "pool:x", "base:x"]) expect(breakerScope(id)).toBeUndefined();
});

test("by default a source has 50, categories and NASes any number", () => {
  expect(breakerLimit(untouchedBreaker("source:x"), 0)).toBe(50);
  expect(breakerLimit(untouchedBreaker("category:botnet"), 0)).toBeUndefined();
  expect(breakerLimit(untouchedBreaker("nas:bng1"), 0)).toBeUndefined();
});

test("by default the base has a third, from 100 open sessions on", () => {
  expect(breakerLimit(untouchedBreaker("base"), 99)).toBeUndefined();
  expect(breakerLimit(untouchedBreaker("base"), 100)).toBe(33);
  expect(breakerLimit({ ...untouchedBreaker("base"), limit: 7 }, 1000)).toBe(7);
});
