import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  attribute,
  candidateSpan,
  DEFAULT_SKEW_SECONDS,
  type HeldInterval,
} from "../../../src/attribution/attribute.ts";

const noon = Date.UTC(2026, 10, 20, 12);
const at = (seconds: number) => new Date(noon + seconds * 1000);

let count = 0;
const held = (
  subscriber: string | null,
  from: number,
  to: number | null,
  more: Partial<HeldInterval> = {},
): HeldInterval => ({
  subscriber,
  subscriberExists: subscriber !== null,
  session: String(++count),
  from: at(from),
  to: to === null ? null : at(to),
  ...more,
});

const point = (seconds: number, skewSeconds = 0) => ({ at: at(seconds), skewSeconds });

test("one subscriber who held it all the time is named, with the session", () => {
  const interval = held("alice", -100, null);
  const answer = attribute({ at: at(0) }, [interval]);
  expect(answer).toMatchObject({ verdict: "exact", subscriber: "alice", session: interval.session });
  expect(answer.candidates).toEqual([{ subscriber: "alice", session: interval.session, from: at(-100), to: null }]);
  expect(answer.reason).toContain("only alice held the address at 2026-11-20T12:00:00.000Z, give or take 2 s: session");
});

test("the reason says the span, and no clocks' error where there is none", () => {
  const nobody = "no session is known to have held the address";
  const [from, to] = ["2026-11-20T12:00:00.000Z", "2026-11-20T12:00:10.000Z"];
  expect(attribute(point(0), []).reason).toBe(`${nobody} at ${from}`);
  expect(attribute({ at: at(0), until: at(10) }, []).reason).toBe(`${nobody} from ${from} to ${to}, give or take 2 s`);
});

test("nobody held it: none, without candidates", () => {
  expect(attribute(point(0), [])).toMatchObject({ verdict: "none", subscriber: null, session: null, candidates: [] });
  expect(attribute(point(0), [held("alice", 10, 20), held("bob", -20, -10)])).toMatchObject({ verdict: "none" });
});

test("an interval holds its first moment and not its last", () => {
  expect(attribute(point(10), [held("alice", 10, 20)])).toMatchObject({ verdict: "exact" });
  expect(attribute(point(20), [held("alice", 10, 20)])).toMatchObject({ verdict: "none" });
  const handover = [held("alice", 0, 20), held("bob", 20, null)];
  expect(attribute(point(20), handover)).toMatchObject({ verdict: "exact", subscriber: "bob" });
  expect(attribute(point(19.999), handover)).toMatchObject({ verdict: "exact", subscriber: "alice" });
});

test("one of the same name who was removed is somebody else, whichever of both was first", () => {
  const removed = { subscriberExists: false };
  for (const both of [
    [held("alice", -20, null), held("alice", -10, 10, removed)],
    [held("alice", -20, 10, removed), held("alice", -10, null)],
  ])
    expect(attribute(point(0), both)).toMatchObject({
      verdict: "ambiguous",
      reason: expect.stringContaining("but was removed since"),
    });
});

test("whoever may have held it before he says comes into question, and is named by that alone to nobody", () => {
  const bob = held("bob", 100, null, { possiblyFrom: at(-20) });
  expect(attribute(point(0), [held("alice", -100, 100), bob])).toMatchObject({
    verdict: "ambiguous",
    reason: expect.stringMatching(
      /changed hands at 2026-11-20T12:01:40.000Z, or unseen since 2026-11-20T11:59:40.000Z$/,
    ),
  });
  expect(attribute(point(-21), [held("alice", -100, 100), bob])).toMatchObject({ subscriber: "alice" });
  expect(attribute(point(0), [bob])).toMatchObject({ verdict: "ambiguous", candidates: [{ subscriber: "bob" }] });
});

test("the reason says that an address is shared, and what would tell its holders apart", () => {
  const sharers = (share: "unsure" | "other-ports") => [
    held("alice", -10, null, { share }),
    held("bob", -5, null, { share }),
  ];
  const held_ = "alice, bob held the address at 2026-11-20T12:00:00.000Z";
  expect(attribute(point(0), sharers("unsure")).reason).toBe(
    `the address is shared, and no port tells whose it was: ${held_}`,
  );
  const [alice] = sharers("unsure");
  const answer = attribute(point(0), [{ ...alice!, share: "its-port" }, ...sharers("other-ports")]);
  expect(answer).toMatchObject({ verdict: "exact", subscriber: "alice" });
  expect(answer.reason).toContain("only alice held the address with that port at 2026-11-20T12:00:00.000Z: session");
  expect(attribute(point(0), sharers("other-ports")).reason).toBe(
    `the address is shared, and its port is none of theirs: ${held_}`,
  );
});

test("a holder of whom nothing was heard for too long is not named any more", () => {
  const quiet = held("alice", 0, null, { surelyTo: at(1_800) });
  expect(attribute(point(1_799), [quiet])).toMatchObject({ verdict: "exact", subscriber: "alice" });
  const late = attribute(point(1_801), [quiet]);
  expect(late).toMatchObject({ verdict: "ambiguous", subscriber: null, candidates: [{ subscriber: "alice" }] });
  expect(late.reason).toContain("nothing was heard of the session for too long");
  expect(attribute({ at: at(1_700), until: at(1_900) }, [quiet])).toMatchObject({ verdict: "ambiguous" });
  const again = held("alice", 1_700, null, { surelyTo: at(3_600) });
  expect(attribute(point(2_000), [quiet, again])).toMatchObject({ verdict: "exact", subscriber: "alice" });
});

test("a handover within the clocks' error is ambiguous, beyond it is not", () => {
  const handover = [held("alice", -100, 0), held("bob", 0, null)];
  for (const seconds of [-2, -1, 0, 1, 1.999])
    expect(attribute({ at: at(seconds) }, handover)).toMatchObject({
      verdict: "ambiguous",
      subscriber: null,
      session: null,
    });
  expect(attribute({ at: at(-2.001) }, handover)).toMatchObject({ verdict: "exact", subscriber: "alice" });
  expect(attribute({ at: at(DEFAULT_SKEW_SECONDS) }, handover)).toMatchObject({ verdict: "exact", subscriber: "bob" });
  expect(attribute(point(60, 61), handover)).toMatchObject({ verdict: "ambiguous" });
});

test("an ambiguous answer names who comes into question and when it changed hands", () => {
  const answer = attribute(point(0, 5), [held("alice", -100, -1), held("bob", 1, null)]);
  expect(answer.candidates.map(({ subscriber }) => subscriber)).toEqual(["alice", "bob"]);
  expect(answer.reason).toMatch(/alice, bob held the address .*changed hands at 2026-11-20T12:00:01/);
});

test("a session that began or ended within the clocks' error of the time is its holder, if nobody else is near", () => {
  expect(attribute(point(0, 2), [held("alice", 1.5, null)])).toMatchObject({ verdict: "exact", subscriber: "alice" });
  expect(attribute(point(0, 2), [held("alice", -100, -1.5)])).toMatchObject({ verdict: "exact", subscriber: "alice" });
  expect(attribute(point(0, 1), [held("alice", 1.5, null)])).toMatchObject({ verdict: "none" });
});

test("a span needs one holder from its beginning to its end", () => {
  const span = { at: at(0), until: at(100), skewSeconds: 2 };
  expect(attribute(span, [held("alice", -10, null)])).toMatchObject({ verdict: "exact" });
  expect(attribute(span, [held("alice", -10, 50), held("bob", 51, null)])).toMatchObject({ verdict: "ambiguous" });
  expect(attribute(span, [held("alice", -10, 50)])).toMatchObject({ verdict: "ambiguous", subscriber: null });
  expect(attribute(span, [held("alice", 50, null)])).toMatchObject({ verdict: "ambiguous" });
  expect(attribute(span, [held("alice", -10, 50), held("alice", 60, null)])).toMatchObject({ verdict: "ambiguous" });
  expect(attribute(span, [held("alice", -10, 50), held("alice", 53, null)])).toMatchObject({ verdict: "exact" });
  expect(attribute(span, [held("alice", 1, 99)])).toMatchObject({ verdict: "exact" });
});

test("several sessions of one subscriber are exact, and the session is the one at the time", () => {
  const first = held("alice", -100, 0);
  const second = held("alice", 1, null);
  expect(attribute(point(2, 5), [second, first])).toMatchObject({ verdict: "exact", session: second.session });
  expect(attribute(point(-2, 5), [second, first])).toMatchObject({ verdict: "exact", session: first.session });
});

test("a session that belongs to nobody is not exact, alone or beside another", () => {
  const alone = attribute(point(0), [held(null, -10, null)]);
  expect(alone).toMatchObject({ verdict: "ambiguous", subscriber: null });
  expect(alone.reason).toContain("username belongs to no subscriber");
  expect(attribute(point(0), [held(null, -10, null), held("alice", -10, null)])).toMatchObject({
    verdict: "ambiguous",
  });
});

test("a subscriber who was removed since is not exact", () => {
  const answer = attribute(point(0), [held("alice", -10, null, { subscriberExists: false })]);
  expect(answer).toMatchObject({ verdict: "ambiguous", subscriber: null });
  expect(answer.reason).toContain("removed");
});

describe("a time that lies ahead of when it was told", () => {
  const told = (seconds: number, more: object = {}) => ({ at: at(seconds), toldAt: at(0), ...more });
  const handover = (seconds: number) => [held("alice", -5_000, seconds), held("bob", seconds, null)];

  test("by less than the clocks' error is as good as any, also where the asker allows for none", () => {
    expect(attribute(told(2), handover(-1))).toMatchObject({ verdict: "exact", subscriber: "bob" });
    expect(attribute(told(1, { skewSeconds: 0 }), handover(-1))).toMatchObject({ verdict: "exact" });
    expect(attribute(told(3_000, { skewSeconds: 3_600 }), handover(-5_000))).toMatchObject({ verdict: "exact" });
  });

  test("by more names nobody if the address changed hands within the ten minutes that the clock may be fast by", () => {
    for (const seconds of [3, 60, 540])
      for (const change of [-1, -60, -599])
        expect(attribute(told(seconds), handover(change))).toMatchObject({
          verdict: "ambiguous",
          subscriber: null,
          candidates: [{ subscriber: "alice" }, { subscriber: "bob" }],
        });
    expect(attribute(told(540), handover(-60)).reason).toBe(
      "alice, bob held the address from 2026-11-20T11:49:58.000Z to 2026-11-20T12:00:00.000Z: " +
        "the time told lies 540 s ahead, so the clock that told it is fast; it changed hands at 2026-11-20T11:59:00.000Z",
    );
  });

  test("names who held it all of that time, with the session of when it was told", () => {
    const [, mine] = handover(-603);
    const answer = attribute(told(540), mine ? [held("alice", -5_000, -603), mine] : []);
    expect(answer).toMatchObject({ verdict: "exact", subscriber: "bob", session: mine?.session });
  });

  test("at the end of a span only widens it as well", () => {
    const span = told(-30, { until: at(300) });
    expect(attribute(span, handover(-620))).toMatchObject({ verdict: "ambiguous" });
    expect(attribute(span, handover(-633))).toMatchObject({ verdict: "exact", subscriber: "bob" });
  });

  test("by more than any clock is fast names nobody, whoever holds it now", () => {
    expect(attribute(told(600), handover(-5_000))).toMatchObject({ verdict: "exact" });
    const tomorrow = attribute(told(86_400), handover(-5_000));
    expect(tomorrow).toMatchObject({ verdict: "ambiguous", subscriber: null, candidates: [{ subscriber: "bob" }] });
    expect(tomorrow.reason).toContain("nobody knows who will hold the address then");
    expect(attribute(told(86_400), [])).toMatchObject({ verdict: "none" });
  });

  test("tells the span to ask the history for", () => {
    expect(candidateSpan(told(540))).toEqual({ from: at(-602), to: at(2) });
    expect(candidateSpan(told(-60))).toEqual({ from: at(-62), to: at(-58) });
  });
});

const interval = fc
  .record({
    subscriber: fc.constantFrom("alice", "bob", "carol", null),
    from: fc.integer({ min: -100, max: 100 }),
    length: fc.integer({ min: 1, max: 100 }),
    isOpen: fc.boolean(),
  })
  .map(({ subscriber, from, length, isOpen }) => held(subscriber, from, isOpen ? null : from + length));
const span = fc
  .record({
    from: fc.integer({ min: -50, max: 50 }),
    length: fc.integer({ min: 0, max: 50 }),
    skew: fc.integer({ min: 0, max: 10 }),
  })
  .map(({ from, length, skew }) => ({ at: at(from), until: at(from + length), skewSeconds: skew }));

test("whatever the history: exact never while another came into question, and the order of records changes nothing", () => {
  fc.assert(
    fc.property(span, fc.array(interval, { maxLength: 6 }), (asked, intervals) => {
      const answer = attribute(asked, intervals);
      const low = asked.at.getTime() - asked.skewSeconds * 1000;
      const high = asked.until.getTime() + asked.skewSeconds * 1000;
      const near = intervals.filter(({ from, to }) => from.getTime() <= high && (to === null || to.getTime() > low));
      expect(answer.verdict === "none").toBe(near.length === 0);
      expect(answer.candidates).toHaveLength(near.length);
      if (answer.verdict === "exact") {
        expect(new Set(near.map(({ subscriber }) => subscriber))).toEqual(new Set([answer.subscriber]));
        expect(answer.subscriber).not.toBeNull();
      } else expect(answer.subscriber).toBeNull();
      expect(attribute(asked, intervals.toReversed()).verdict).toBe(answer.verdict);
    }),
    { numRuns: 2_000 },
  );
});

test("exact holds at every moment of the span, within the clocks' error", () => {
  fc.assert(
    fc.property(span, fc.array(interval, { minLength: 1, maxLength: 4 }), (asked, intervals) => {
      if (attribute(asked, intervals).verdict !== "exact") return;
      for (let time = asked.at.getTime(); time <= asked.until.getTime(); time += 500) {
        const isNear = intervals.some(({ from, to }) => {
          const skew = asked.skewSeconds * 1000;
          return from.getTime() - skew <= time && (to === null || to.getTime() + skew > time);
        });
        expect(isNear).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});
