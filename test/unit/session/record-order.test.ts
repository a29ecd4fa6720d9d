import fc from "fast-check";
import { expect, test } from "vitest";
import type { AccountingEvent } from "../../../src/session/accounting-event.ts";
import { heldIntervals } from "../../../src/session/address-runs.ts";
import { intervalsOf } from "../../../src/session/interval-change.ts";
import type { SessionState } from "../../../src/session/session-state.ts";
import { takeEvent } from "../../../src/session/take-event.ts";
import { record } from "./accounting-record.ts";

/** Everything that is stored of a session but the arrival of its last record. */
const stored = (states: readonly SessionState[]) =>
  states.map((state) => {
    const { lastSeenAt: _, ipv4, ipv6, delegated, ipv6Addresses, ...rest } = state;
    return { ...rest, held: intervalsOf(state) };
  });

const statesAfter = (records: readonly AccountingEvent[]) =>
  stored(records.reduce<readonly SessionState[]>((states, event) => takeEvent(states, event, undefined), []));

/** A session's records in the order of their times: addresses change at most as often as `changes` says. */
const sessionRecords = fc
  .record({
    hasStart: fc.boolean(),
    hasStop: fc.boolean(),
    gaps: fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 6 }),
    changes: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
    lastsSeconds: fc.integer({ min: 1, max: 500 }),
  })
  .map(({ hasStart, hasStop, gaps, changes, lastsSeconds }) => {
    const addressAt = (index: number) => {
      const count = changes.filter((change) => change < index).length;
      return { ipv4: `100.64.0.${count + 1}`, ipv6Prefixes: [`2001:db8:${count}::/56`] };
    };
    let at = 0;
    const interims = gaps.map((gap, index) => {
      at += gap;
      const delegated = gap % 2 === 0 ? {} : { delegatedPrefixes: ["2001:db8:ff00::/56"] };
      const octets = BigInt(at) * 1000n;
      return record("interim", at, {
        sessionSeconds: at,
        inputOctets: octets,
        outputOctets: octets * 3n,
        observed: { "Filter-Id": [`plan-${index}`] },
        ...addressAt(index),
        ...delegated,
      });
    });
    const end = at + lastsSeconds;
    const last = addressAt(gaps.length - 1);
    const start = record("start", 0, addressAt(0));
    const stop = record("stop", end, { ...last, sessionSeconds: end, terminateCause: "User-Request" });
    return [...(hasStart ? [start] : []), ...interims, ...(hasStop ? [stop] : [])];
  });

const shuffledWithRepeats = (records: readonly AccountingEvent[]) =>
  fc.array(fc.nat({ max: records.length - 1 }), { maxLength: 6 }).chain((repeats) => {
    const all = [...records, ...repeats.map((index) => records[index]!)];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });

test("the records of one session end in the same state in whatever order and however often they come", () => {
  fc.assert(
    fc.property(
      sessionRecords.chain((records) => fc.tuple(fc.constant(records), shuffledWithRepeats(records))),
      ([inOrder, disorderly]) => {
        expect(statesAfter(disorderly)).toEqual(statesAfter(inOrder));
      },
    ),
    { numRuns: 2_000 },
  );
});

/** After a reboot whose Accounting-On was lost, the NAS gives the id of one customer's session to another's, hours later. */
const usesOfOneId = fc
  .record({ gap: fc.integer({ min: 3_600, max: 20_000 }), lasts: fc.integer({ min: 300, max: 5_000 }) })
  .map(({ gap, lasts }) => {
    const bob = { username: "bob@isp.example", ipv4: "100.64.0.9" };
    const end = gap + lasts;
    return [
      record("start", 0),
      record("interim", 600, { sessionSeconds: 600, inputOctets: 10n }),
      record("interim", 1_200, { sessionSeconds: 1_200, inputOctets: 20n }),
      record("start", gap, bob),
      record("interim", gap + 100, { ...bob, sessionSeconds: 100, inputOctets: 5n }),
      record("stop", end, { ...bob, sessionSeconds: lasts, terminateCause: "User-Request" }),
    ];
  });

test("in whatever order they come, no record of one customer makes another hold an address of his", () => {
  const holders = (states: readonly SessionState[]) =>
    states.flatMap((state) => heldIntervals(state.ipv4, state).map(({ prefix }) => `${state.username} ${prefix}`));
  fc.assert(
    fc.property(usesOfOneId.chain(shuffledWithRepeats), (disorderly) => {
      const states = disorderly.reduce<readonly SessionState[]>(
        (known, event) => takeEvent(known, event, undefined),
        [],
      );
      expect(new Set(holders(states))).toEqual(
        new Set(["alice@isp.example 100.64.0.1/32", "bob@isp.example 100.64.0.9/32"]),
      );
      const began = Math.max(...disorderly.filter(({ status }) => status === "start").map(({ at }) => at.getTime()));
      for (const state of states.filter(({ username }) => username.startsWith("alice")))
        for (const { until } of heldIntervals(state.ipv4, state)) expect(until).toBeLessThanOrEqual(began);
    }),
    { numRuns: 2_000 },
  );
});

const anyRecord = fc
  .record({
    status: fc.constantFrom("start" as const, "interim" as const, "stop" as const),
    at: fc.integer({ min: 0, max: 2_000 }),
    sessionSeconds: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: undefined }),
    host: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    username: fc.constantFrom("alice", "bob", ""),
  })
  .map(({ status, at, sessionSeconds, host, username }) =>
    record(status, at, {
      username,
      ...(sessionSeconds === undefined ? {} : { sessionSeconds }),
      ipv4: host === undefined ? (undefined as never) : `100.64.0.${host}`,
    }),
  );

test("whatever comes, one session at most is open under an id, none ends before it begins, intervals of one never overlap", () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { maxLength: 12 }), fc.option(fc.nat({ max: 2_000 })), (records, restart) => {
      const restartedAt = restart === null ? undefined : record("start", restart).at.getTime();
      const states = records.reduce<readonly SessionState[]>(
        (known, event) => takeEvent(known, event, restartedAt),
        [],
      );
      expect(states.filter(({ stoppedAt }) => stoppedAt === undefined).length).toBeLessThanOrEqual(1);
      expect(states.findLastIndex(({ stoppedAt }) => stoppedAt === undefined)).toBeLessThanOrEqual(0);
      expect(new Set(states.map(({ incarnation }) => incarnation)).size).toBe(states.length);
      for (const state of states) {
        expect(state.stoppedAt ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(state.startedAt);
        const held = heldIntervals(state.ipv4, state);
        for (const [index, { from, until }] of held.entries()) {
          expect(until ?? Number.POSITIVE_INFINITY).toBeGreaterThan(from);
          expect(held[index + 1]?.from ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(until ?? 0);
        }
      }
    }),
    { numRuns: 3_000 },
  );
});
