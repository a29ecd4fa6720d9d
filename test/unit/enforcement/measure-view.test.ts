import { describe, expect, test } from "vitest";
import type { Measure } from "../../../src/enforcement/measure.ts";
import { measureView, type SessionStanding } from "../../../src/enforcement/measure-view.ts";

const measure = (more: Partial<Measure> = {}): Measure =>
  ({
    id: "7",
    subscriberId: "s1",
    kind: "walled-garden",
    params: {},
    reason: "botnet",
    orderedBy: "key:a",
    orderedAt: new Date(0),
    state: "active",
    approvals: [],
    ...more,
  }) as Measure;

const standing = (session: string, more: Partial<SessionStanding> = {}): SessionStanding => ({
  session,
  isOpen: true,
  isFollowing: false,
  hasJob: false,
  obstacle: null,
  ...more,
});
const following = standing("1", { isFollowing: true, attempt: { outcome: "acknowledged" } });
const waiting = standing("2", { hasJob: true });
const retrying = standing("3", { hasJob: true, attempt: { outcome: "no-answer" } });
const failed = standing("4", { obstacle: "refused-401", attempt: { outcome: "refused", errorCause: 401 } });
const ended = standing("5", { isOpen: false, attempt: { outcome: "acknowledged" } });

describe("the state of an active measure follows from its open sessions", () => {
  test.each([
    ["in-force", []],
    ["in-force", [following]],
    ["in-force", [following, ended]],
    ["pending", [waiting]],
    ["pending", [retrying]],
    ["pending", [waiting, failed]],
    ["partial", [following, waiting]],
    ["partial", [following, failed]],
    ["failed", [failed]],
    ["failed", [failed, failed]],
  ] as const)("%s", (state, standings) => {
    expect(measureView(measure(), standings).state).toBe(state);
  });
});

test("sessions are told with the outcome of the newest attempt and its Error-Cause", () => {
  expect(measureView(measure(), [following, waiting, retrying, failed, ended]).sessions).toEqual([
    { session: "1", outcome: "acknowledged" },
    { session: "2", outcome: "pending" },
    { session: "3", outcome: "no-answer" },
    { session: "4", outcome: "refused", errorCause: 401, obstacle: "refused-401" },
    { session: "5", outcome: "acknowledged" },
  ]);
});

test("a session to which nothing could be sent is told with why", () => {
  expect(measureView(measure(), [standing("6", { obstacle: "unknown-nas" })])).toMatchObject({
    state: "failed",
    sessions: [{ session: "6", outcome: "pending", obstacle: "unknown-nas" }],
  });
});

test("an acknowledged step is not the end while the session does not follow", () => {
  const halfway = standing("1", { hasJob: true, attempt: { outcome: "acknowledged" } });
  expect(measureView(measure(), [halfway])).toMatchObject({ state: "pending", sessions: [{ outcome: "pending" }] });
});

test("a session that got the profile at its login counts as acknowledged", () => {
  const armed = standing("1", { isFollowing: true });
  expect(measureView(measure(), [armed]).sessions).toEqual([{ session: "1", outcome: "acknowledged" }]);
});

test("waiting measures have no sessions; rejected ones are told as lifted", () => {
  for (const state of ["awaiting-approval", "held"] as const)
    expect(measureView(measure({ state }), [waiting])).toMatchObject({ state, sessions: [] });
  expect(measureView(measure({ state: "rejected" }), [waiting])).toMatchObject({ state: "lifted", sessions: [] });
  expect(measureView(measure({ state: "lifted" }), [waiting])).toMatchObject({
    state: "lifted",
    sessions: [{ session: "2", outcome: "pending" }],
  });
});

test("an armed regenerate-password is pending until the login it waits for", () => {
  const kind = "regenerate-password";
  const params = { when: "next-auth", answer: "reject" } as const;
  expect(measureView(measure({ kind, params, progress: "armed" }), []).state).toBe("pending");
  expect(measureView(measure({ kind, params, progress: "regenerated" }), []).state).toBe("in-force");
});
