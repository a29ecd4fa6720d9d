import { describe, expect, test } from "vitest";
import { type Attempt, type MoveContext, nextMove } from "../../../src/enforcement/next-move.ts";
import type { OutcomeDetail } from "../../../src/enforcement/outcome.ts";
import { retryAfter } from "../../../src/enforcement/retry-schedule.ts";

const context: MoveContext = {
  schedules: { silence: [100, 200], busy: [300], unexplained: [400] },
  random: () => 0.5,
};
const slow = { attributes: [{ name: "Filter-Id", value: "slow" }], services: [] };
const garden = { attributes: [], services: ["garden"] };
const both = { attributes: slow.attributes, services: garden.services };
const attempt: Attempt = {
  kind: "coa",
  step: 0,
  isLastStep: true,
  from: { throttle: { downKbps: 1, upKbps: 1 } },
  imposed: slow,
  imposes: garden,
  takesAway: false,
  to: { isWalledGarden: true },
  toDigest: "garden",
  failures: 0,
};
const follows = { profile: attempt.to, digest: "garden", imposed: garden };
const unknown = { profile: { ...attempt.from, ...attempt.to }, digest: "?", imposed: both };
const refused = (errorCause?: number): OutcomeDetail => ({
  kind: "refused",
  ...(errorCause !== undefined && { errorCause }),
});

test("an acknowledged last step makes the session follow", () => {
  expect(nextMove(attempt, { kind: "acknowledged" }, context)).toEqual({
    applied: follows,
    obstacle: null,
    level: "info",
  });
});

test("an acknowledged step with nothing after it leaves what runs unknown, and is looked at again at once", () => {
  const move = nextMove({ ...attempt, isLastStep: false }, { kind: "acknowledged" }, context);
  expect(move).toMatchObject({ applied: unknown, retryAfterMs: 0, obstacle: null });
});

describe("RFC 5176 section 3.6: what each Error-Cause leads to", () => {
  test.each([
    [401, "error"],
    [402, "error"],
    [403, "error"],
    [404, "error"],
    [406, "error"],
    [407, "error"],
    [501, "error"],
    [502, "error"],
    [405, "warn"],
    [504, "warn"],
    [507, "warn"],
    [508, "warn"],
  ] as const)("%i stops, changes nothing, and is told as %s", (errorCause, level) => {
    expect(nextMove(attempt, refused(errorCause), context)).toEqual({ obstacle: `refused-${errorCause}`, level });
  });

  test.each([505, 506])("%i is tried again later, and given up in the end", (errorCause) => {
    expect(nextMove(attempt, refused(errorCause), context)).toEqual({
      retryAfterMs: 300,
      obstacle: null,
      level: "warn",
    });
    const last = nextMove({ ...attempt, failures: 1 }, refused(errorCause), context);
    expect(last).toEqual({ obstacle: `refused-${errorCause}`, level: "error" });
  });

  test("503 stops: the session is gone, its next start is armed", () => {
    expect(nextMove(attempt, refused(503), context)).toEqual({ obstacle: "refused-503", level: "warn" });
  });

  test("503 to a Disconnect, or for a session that is not to be, is as good as done", () => {
    const gone = { obstacle: null, level: "info", applied: { digest: "garden" } };
    expect(nextMove({ ...attempt, kind: "disconnect" }, refused(503), context)).toMatchObject(gone);
    expect(nextMove({ ...attempt, to: { isSuspended: true } }, refused(503), context)).toMatchObject(gone);
  });

  test.each([undefined, 550, 999])(
    "a refusal without a known cause (%s) may have changed something, and is tried again",
    (cause) => {
      expect(nextMove(attempt, refused(cause), context)).toMatchObject({ applied: unknown, retryAfterMs: 400 });
      const last = nextMove({ ...attempt, failures: 1 }, refused(cause), context);
      expect(last).toMatchObject({ applied: unknown, obstacle: cause === undefined ? "refused" : `refused-${cause}` });
      expect(last.retryAfterMs).toBeUndefined();
    },
  );

  test("a later step that is refused leaves what runs unknown", () => {
    expect(nextMove({ ...attempt, step: 1 }, refused(401), context)).toMatchObject({
      applied: unknown,
      obstacle: "refused-401",
    });
    expect(nextMove({ ...attempt, step: 1 }, refused(506), context)).toMatchObject({
      applied: unknown,
      retryAfterMs: 300,
    });
  });
});

describe("a release that the NAS refuses for good ends the session, so that the next login starts clean", () => {
  const lifting: Attempt = { ...attempt, takesAway: true };
  const ended = { obstacle: null, retryAfterMs: 0, endsSession: true };

  test.each([401, 402, 404, 405, 406, 407, 504, 507, 508])("%i", (errorCause) => {
    expect(nextMove(lifting, refused(errorCause), context)).toMatchObject(ended);
  });

  test("without a cause, once the tries are over", () => {
    expect(nextMove(lifting, refused(), context).endsSession).toBeUndefined();
    expect(nextMove({ ...lifting, failures: 1 }, refused(), context)).toMatchObject(ended);
  });

  test("but not where the NAS lets nobody do that, where the session is gone, or where the Disconnect was refused", () => {
    for (const errorCause of [403, 501, 503])
      expect(nextMove(lifting, refused(errorCause), context)).toMatchObject({ obstacle: `refused-${errorCause}` });
    const refusedEnd = nextMove({ ...lifting, kind: "disconnect" }, refused(405), context);
    expect(refusedEnd).toMatchObject({ obstacle: "refused-405" });
    expect(refusedEnd.endsSession).toBeUndefined();
  });
});

test.each(["no-answer", "unreachable", "not-authentic"] as const)(
  "%s leaves what runs unknown, is tried again longer and longer, then given up",
  (kind) => {
    expect(nextMove(attempt, { kind }, context)).toEqual({
      applied: unknown,
      retryAfterMs: 100,
      obstacle: null,
      level: "warn",
    });
    expect(nextMove({ ...attempt, failures: 1 }, { kind }, context).retryAfterMs).toBe(200);
    expect(nextMove({ ...attempt, failures: 2 }, { kind }, context)).toEqual({
      applied: unknown,
      obstacle: kind,
      level: "error",
    });
  },
);

test("waits are spread by a fifth to either side", () => {
  expect([0, 0.5, 1].map((random) => retryAfter([1000], 1, () => random))).toEqual([800, 1000, 1200]);
  expect(retryAfter([1000], 2, () => 0)).toBeUndefined();
});
