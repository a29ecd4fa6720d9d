import { expect, test } from "vitest";
import { reconcileSession, type SessionToReconcile } from "../../../src/enforcement/reconcile-session.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 1) + second * 1000);
const session = (more: Partial<SessionToReconcile> = {}): SessionToReconcile => ({
  id: "1",
  appliedDigest: "garden",
  desiredDigest: "garden",
  expected: null,
  observed: null,
  obstacle: null,
  aliveAt: at(1000),
  nasUpdatedAt: at(0),
  latest: { kind: "coa", outcome: "acknowledged", requestedAt: at(100), answeredAt: at(100) },
  repairs: 0,
  attemptsInDay: 1,
  ...more,
});
const kindOf = (more: Partial<SessionToReconcile>) => reconcileSession(session(more)).kind;
const drifted = { expected: { "Filter-Id": ["garden"] }, observed: { "Filter-Id": ["open"] } };

test("a session that follows, and shows nothing else, is left alone", () => {
  expect(kindOf({})).toBe("as-it-should-be");
  expect(kindOf({ expected: { "Filter-Id": ["garden"] }, observed: { "Filter-Id": ["garden"] } })).toBe(
    "as-it-should-be",
  );
  expect(kindOf({ expected: { "Filter-Id": ["garden"] }, observed: { Class: ["x"] } })).toBe("as-it-should-be");
});

test("one that does not follow, or of which nobody knows, is enqueued", () => {
  expect(kindOf({ appliedDigest: null })).toBe("enqueue");
  expect(kindOf({ appliedDigest: "?" })).toBe("enqueue");
  expect(kindOf({ desiredDigest: null })).toBe("enqueue");
});

test("one that shows something else than was acknowledged is repaired, three times, then raised", () => {
  expect(kindOf(drifted)).toBe("repair");
  expect(kindOf({ ...drifted, repairs: 2 })).toBe("repair");
  expect(kindOf({ ...drifted, repairs: 3 })).toBe("raise");
});

test("one that lives on after an acknowledged Disconnect is repaired, once an Interim on its way has had its time", () => {
  const latest = { kind: "disconnect", outcome: "acknowledged", requestedAt: at(100), answeredAt: at(100) } as const;
  expect(kindOf({ latest, aliveAt: at(99) })).toBe("as-it-should-be");
  expect(kindOf({ latest, aliveAt: at(110) })).toBe("as-it-should-be");
  expect(kindOf({ latest, aliveAt: at(131) })).toBe("repair");
});

test("an obstacle that may have passed is tried again when the session shows that it is alive", () => {
  const silent = { kind: "coa", outcome: "no-answer", requestedAt: at(100) } as const;
  const obstacles = ["no-answer", "unreachable", "refused", "refused-503", "refused-506", "unidentified"];
  for (const obstacle of obstacles) {
    expect(kindOf({ obstacle, appliedDigest: "?", latest: silent })).toBe("try-again");
    expect(kindOf({ obstacle, appliedDigest: "?", latest: silent, aliveAt: at(50) })).toBe("as-it-should-be");
  }
  expect(kindOf({ obstacle: "no-answer", latest: silent, attemptsInDay: 24 })).toBe("as-it-should-be");
});

test("an obstacle that a person has to remove is tried again when the operator changed the NAS", () => {
  const latest = { kind: "coa", outcome: "not-authentic", requestedAt: at(100) } as const;
  for (const obstacle of ["not-authentic", "refused-401", "unsupported", "drifted"]) {
    expect(kindOf({ obstacle, latest })).toBe("as-it-should-be");
    expect(kindOf({ obstacle, latest, nasUpdatedAt: at(200) })).toBe("try-again");
  }
});

test("a session whose NAS is not known waits until it is", () => {
  const { nasUpdatedAt: _, latest: __, ...unknown } = session({ obstacle: "unknown-nas", appliedDigest: null });
  expect(reconcileSession(unknown).kind).toBe("as-it-should-be");
  expect(reconcileSession({ ...unknown, nasUpdatedAt: at(0) }).kind).toBe("try-again");
});
