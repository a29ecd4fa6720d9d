import { describe, expect, test } from "vitest";
import type { AccountingEvent } from "../../../src/session/accounting-event.ts";
import { intervalsOf } from "../../../src/session/interval-change.ts";
import type { SessionState } from "../../../src/session/session-state.ts";
import { takeEvent } from "../../../src/session/take-event.ts";
import { noon, record } from "./accounting-record.ts";

const seconds = (time: number | undefined): number | undefined =>
  time === undefined ? undefined : (time - noon) / 1000;

/** What matters outside of one session: from when to when, for whom, with which addresses. Oldest first. */
const outline = (states: readonly SessionState[]) =>
  states.toReversed().map((state) => ({
    from: seconds(state.startedAt),
    to: seconds(state.stoppedAt),
    ...(state.terminateCause === undefined ? {} : { cause: state.terminateCause }),
    held: intervalsOf(state).map(({ prefix, from, until }) => `${prefix} ${seconds(from)}..${seconds(until) ?? ""}`),
  }));

const statesAfter = (records: readonly AccountingEvent[], restartedAt?: number): readonly SessionState[] =>
  records.reduce<readonly SessionState[]>(
    (states, event) => takeEvent(states, event, restartedAt === undefined ? undefined : noon + restartedAt * 1000),
    [],
  );

const A = "100.64.0.1/32";
const B = "100.64.0.2/32";
const toB = { ipv4: "100.64.0.2" };
const bob = { username: "bob@isp.example" };

interface Case {
  readonly fact: string;
  readonly records: readonly AccountingEvent[];
  readonly restartedAt?: number;
  readonly sessions: readonly { from: number; to?: number; cause?: string; held: readonly string[] }[];
}

const cases: readonly Case[] = [
  {
    fact: "a Start opens a session that holds its address from then on",
    records: [record("start", 0)],
    sessions: [{ from: 0, held: [`${A} 0..`] }],
  },
  {
    fact: "a Stop ends it and its address",
    records: [record("start", 0), record("stop", 60, { terminateCause: "User-Request" })],
    sessions: [{ from: 0, to: 60, cause: "User-Request", held: [`${A} 0..60`] }],
  },
  {
    fact: "a repeated Start changes nothing, also when it arrives later without saying so",
    records: [record("start", 0), record("start", 0), record("start", 20)],
    sessions: [{ from: 0, held: [`${A} 0..`] }],
  },
  {
    fact: "a repeated Stop leaves the first",
    records: [record("start", 0), record("stop", 60), record("stop", 63), record("stop", 60)],
    sessions: [{ from: 0, to: 60, held: [`${A} 0..60`] }],
  },
  {
    fact: "with a lost Start an Interim opens the session, begun its session time ago",
    records: [record("interim", 600, { sessionSeconds: 600 })],
    sessions: [{ from: 0, held: [`${A} 0..`] }],
  },
  {
    fact: "an Interim without a session time opens the session at its own time",
    records: [record("interim", 600)],
    sessions: [{ from: 600, held: [`${A} 600..`] }],
  },
  {
    fact: "the Start of a session that an Interim opened settles when it began",
    records: [record("interim", 600, { sessionSeconds: 590 }), record("start", 3, { arrives: 601 })],
    sessions: [{ from: 3, held: [`${A} 3..`] }],
  },
  {
    fact: "a Stop before its Start makes an ended session, which the Start does not open again",
    records: [record("stop", 60, { sessionSeconds: 60 }), record("start", 0, { arrives: 61 })],
    sessions: [{ from: 0, to: 60, held: [`${A} 0..60`] }],
  },
  {
    fact: "a Start that arrives after its Stop without saying that it is late does not open the session either",
    records: [record("stop", 60, { sessionSeconds: 60 }), record("start", 61)],
    sessions: [{ from: 0, to: 60, held: [`${A} 0..60`] }],
  },
  {
    fact: "a sole Stop without a session time leaves an empty session",
    records: [record("stop", 60)],
    sessions: [{ from: 60, to: 60, held: [] }],
  },
  {
    fact: "an Interim after the Stop does not open the session again",
    records: [record("start", 0), record("stop", 60), record("interim", 61, { sessionSeconds: 60 })],
    sessions: [{ from: 0, to: 60, held: [`${A} 0..60`] }],
  },
  {
    fact: "a Start after the Stop is a new session with a used id",
    records: [record("start", 0), record("stop", 60), record("start", 61)],
    sessions: [
      { from: 0, to: 60, held: [`${A} 0..60`] },
      { from: 61, held: [`${A} 61..`] },
    ],
  },
  {
    fact: "a Start for another subscriber under the same id ends the one whose Stop was lost",
    records: [record("start", 0), record("start", 30, { ...bob, ...toB })],
    sessions: [
      { from: 0, to: 30, cause: "replaced", held: [`${A} 0..30`] },
      { from: 30, held: [`${B} 30..`] },
    ],
  },
  {
    fact: "a Start of the same subscriber with another address under the same id is another session",
    records: [record("start", 0), record("start", 30, toB)],
    sessions: [
      { from: 0, to: 30, cause: "replaced", held: [`${A} 0..30`] },
      { from: 30, held: [`${B} 30..`] },
    ],
  },
  {
    fact: "a Start long after the first is another session even for the same subscriber and address",
    records: [record("start", 0), record("start", 7200)],
    sessions: [
      { from: 0, to: 7200, cause: "replaced", held: [`${A} 0..7200`] },
      { from: 7200, held: [`${A} 7200..`] },
    ],
  },
  {
    fact: "an Interim of another subscriber under the same id, begun since, ends the session that had it",
    records: [record("start", 0), record("interim", 7200, { ...bob, ...toB, sessionSeconds: 600 })],
    sessions: [
      { from: 0, to: 6600, cause: "replaced", held: [`${A} 0..6600`] },
      { from: 6600, held: [`${B} 6600..`] },
    ],
  },
  {
    fact: "where another subscriber appears in mid-session, both hold the address for as long as nobody knows",
    records: [record("start", 0), record("interim", 600), record("interim", 1200, { ...bob, sessionSeconds: 1200 })],
    sessions: [
      { from: 0, to: 1200, cause: "replaced", held: [`${A} 0..1200`] },
      { from: 600, held: [`${A} 600..`] },
    ],
  },
  {
    fact: "the late Stop of a replaced session ends that one and leaves its successor alone",
    records: [
      record("start", 0),
      record("start", 300, { ...bob, ...toB }),
      record("stop", 200, { arrives: 310, terminateCause: "Lost-Carrier" }),
    ],
    sessions: [
      { from: 0, to: 200, cause: "Lost-Carrier", held: [`${A} 0..200`] },
      { from: 300, held: [`${B} 300..`] },
    ],
  },
  {
    fact: "the Stop of another user's session, begun at almost the same time under the same id, does not end this one's",
    records: [record("start", 0), record("stop", 300, { ...bob, sessionSeconds: 240 })],
    sessions: [
      { from: 0, to: 60, cause: "replaced", held: [`${A} 0..60`] },
      { from: 60, to: 300, held: [`${A} 60..300`] },
    ],
  },
  {
    fact: "a Stop that names the port otherwise than the Start, begun when that was, is of the same session",
    records: [
      record("start", 0, { identity: { "NAS-Port-Id": "ge-0/0/1" } }),
      record("stop", 300, { identity: { "NAS-Port-Id": "ge-0/0/1.100" }, sessionSeconds: 299 }),
    ],
    sessions: [{ from: 0, to: 300, held: [`${A} 0..300`] }],
  },
  {
    fact: "a late Stop of a session between two others leaves the newest what the next records are about",
    records: [
      record("start", 0),
      record("stop", 60),
      record("start", 1100),
      record("stop", 900, { sessionSeconds: 300, arrives: 1110 }),
      record("interim", 1400, { sessionSeconds: 300 }),
    ],
    sessions: [
      { from: 0, to: 60, held: [`${A} 0..60`] },
      { from: 600, to: 900, held: [`${A} 600..900`] },
      { from: 1100, held: [`${A} 1100..`] },
    ],
  },
  {
    fact: "a whole session of which only the Stop arrived, between two others, is kept",
    records: [
      record("start", 0),
      record("stop", 60),
      record("stop", 900, { sessionSeconds: 300 }),
      record("start", 1100),
    ],
    sessions: [
      { from: 0, to: 60, held: [`${A} 0..60`] },
      { from: 600, to: 900, held: [`${A} 600..900`] },
      { from: 1100, held: [`${A} 1100..`] },
    ],
  },
  {
    fact: "an Interim with another address ends the first interval and begins a second",
    records: [record("start", 0), record("interim", 300), record("interim", 600, toB), record("stop", 900, toB)],
    sessions: [{ from: 0, to: 900, held: [`${A} 0..600`, `${B} 600..900`] }],
  },
  {
    fact: "an Interim without addresses takes none away",
    records: [record("start", 0), { ...record("interim", 300, { ipv6Prefixes: [] }), ipv4: undefined } as never],
    sessions: [{ from: 0, held: [`${A} 0..`] }],
  },
  {
    fact: "an address that a Start did not have is held from the Interim that shows it",
    records: [{ ...record("start", 0), ipv4: undefined } as never, record("interim", 5)],
    sessions: [{ from: 0, held: [`${A} 5..`] }],
  },
  {
    fact: "a late Interim with the old address finds its place before the change",
    records: [record("start", 0), record("interim", 600, toB), record("interim", 300, { arrives: 601 })],
    sessions: [{ from: 0, held: [`${A} 0..600`, `${B} 600..`] }],
  },
  {
    fact: "a late Start shows that the address of the first Interim was not the first",
    records: [record("interim", 600, { ...toB, sessionSeconds: 600 }), record("start", 0, { arrives: 601 })],
    sessions: [{ from: 0, held: [`${A} 0..600`, `${B} 600..`] }],
  },
  {
    fact: "prefixes of IPv6 come and go on their own",
    records: [
      record("start", 0, { ipv6Prefixes: ["2001:db8:1::/56"] }),
      record("interim", 300, { ipv6Prefixes: ["2001:db8:1::/56", "2001:db8:2::/64"] }),
      record("stop", 600, { ipv6Prefixes: ["2001:db8:1::/56", "2001:db8:2::/64"] }),
    ],
    sessions: [
      {
        from: 0,
        to: 600,
        held: [`${A} 0..600`, "2001:db8:1::/56 0..300", "2001:db8:1::/56 300..600", "2001:db8:2::/64 300..600"],
      },
    ],
  },
  {
    fact: "an Interim that shows one kind of IPv6 prefix, or none of IPv4, says nothing of the others",
    records: [
      record("start", 0, { ipv6Prefixes: ["2001:db8:2::/64"], delegatedPrefixes: ["2001:db8:1::/56"] }),
      record("interim", 300, { ipv4: undefined, ipv6Prefixes: ["2001:db8:2::/64"] }),
      record("interim", 600, { ipv4: undefined, ipv6Addresses: ["2001:db8:2::5/128"] }),
    ],
    sessions: [
      { from: 0, held: [`${A} 0..`, "2001:db8:2::/64 0..", "2001:db8:1::/56 0..", "2001:db8:2::5/128 600.."] },
    ],
  },
  {
    fact: "one that shows another prefix of the same kind ends the one before it, and no other",
    records: [
      record("start", 0, { ipv6Prefixes: ["2001:db8:2::/64"], delegatedPrefixes: ["2001:db8:1::/56"] }),
      record("interim", 300, { delegatedPrefixes: ["2001:db8:3::/56"] }),
    ],
    sessions: [
      { from: 0, held: [`${A} 0..`, "2001:db8:2::/64 0..", "2001:db8:1::/56 0..300", "2001:db8:3::/56 300.."] },
    ],
  },
  {
    fact: "a prefix that two attributes show is held once, for as long as either shows it",
    records: [
      record("start", 0, { ipv6Prefixes: ["2001:db8:1::/56"] }),
      record("interim", 300, { delegatedPrefixes: ["2001:db8:1::/56"] }),
      record("interim", 600, { ipv6Prefixes: ["2001:db8:2::/64"] }),
      record("stop", 900),
    ],
    sessions: [{ from: 0, to: 900, held: [`${A} 0..900`, "2001:db8:1::/56 0..900", "2001:db8:2::/64 600..900"] }],
  },
  {
    fact: "a late Start from before a restart of the NAS is over at the restart",
    records: [record("start", 0, { arrives: 120 })],
    restartedAt: 60,
    sessions: [{ from: 0, to: 60, cause: "nas-restart", held: [`${A} 0..60`] }],
  },
  {
    fact: "a session begun after the restart is none of its business",
    records: [record("start", 61)],
    restartedAt: 60,
    sessions: [{ from: 61, held: [`${A} 61..`] }],
  },
  {
    fact: "an Interim just after the restart, of a session begun before it, was under way",
    records: [record("interim", 61, { sessionSeconds: 600 })],
    restartedAt: 60,
    sessions: [{ from: -539, to: 60, cause: "nas-restart", held: [`${A} -539..60`] }],
  },
  {
    fact: "a session that still reports long after the restart has survived it",
    records: [record("interim", 61, { sessionSeconds: 600 }), record("interim", 661, { sessionSeconds: 1200 })],
    restartedAt: 60,
    sessions: [{ from: -539, held: [`${A} -539..`] }],
  },
  {
    fact: "the Stop of a session that a restart ended tells when and why it really ended",
    records: [
      record("interim", 50, { sessionSeconds: 50 }),
      record("stop", 59, { arrives: 70, terminateCause: "NAS-Reboot" }),
    ],
    restartedAt: 60,
    sessions: [{ from: 0, to: 59, cause: "NAS-Reboot", held: [`${A} 0..59`] }],
  },
];

describe("what accounting records make of a session", () => {
  test.each(cases)("$fact", ({ records, restartedAt, sessions }) => {
    expect(outline(statesAfter(records, restartedAt))).toEqual(sessions);
  });
});

describe("what a record leaves alone", () => {
  test("counters never go backwards", () => {
    const [state] = statesAfter([
      record("start", 0),
      record("interim", 600, { inputOctets: 5_000n, outputOctets: 9_000n }),
      record("interim", 300, { inputOctets: 2_000n, outputOctets: 4_000n, arrives: 601 }),
    ]);
    expect(state).toMatchObject({ inputOctets: 5_000n, outputOctets: 9_000n });
  });

  test("a late record does not replace what a newer one observed", () => {
    const [state] = statesAfter([
      record("start", 0, { observed: { "Filter-Id": ["plan"] } }),
      record("interim", 600, { observed: { "Filter-Id": ["garden"] } }),
      record("interim", 300, { observed: { "Filter-Id": ["plan"] }, arrives: 601 }),
    ]);
    expect(state?.observed).toEqual({ "Filter-Id": ["garden"] });
  });

  test("an attribute that the newest record no longer shows is gone", () => {
    const [state] = statesAfter([
      record("start", 0, { observed: { "Filter-Id": ["garden"] } }),
      record("interim", 300),
    ]);
    expect(state?.observed).toEqual({});
  });

  test("identity grows together from all records, the newest winning", () => {
    const [state] = statesAfter([
      record("interim", 300, { identity: { "NAS-Port": "7", "Framed-IP-Address": "100.64.0.2" } }),
      record("start", 0, { identity: { "NAS-Port-Id": "ge-0/0/1", "Framed-IP-Address": "100.64.0.1" }, arrives: 301 }),
    ]);
    expect(state?.identity).toEqual({
      "NAS-Port": "7",
      "NAS-Port-Id": "ge-0/0/1",
      "Framed-IP-Address": "100.64.0.2",
    });
  });

  test("a record that brings nothing new but counters keeps addresses, identity and observation as they are", () => {
    const [before] = statesAfter([record("start", 0, { identity: { "NAS-Port": "7" }, observed: { Class: ["a"] } })]);
    const [now] = takeEvent(
      [before!],
      record("interim", 9, { identity: { "NAS-Port": "7" }, observed: { Class: ["a"] } }),
      undefined,
    );
    expect(now?.identity).toBe(before?.identity);
    expect(now?.observed).toBe(before?.observed);
    expect(now?.ipv4).toBe(before?.ipv4);
  });

  test("of two sessions with one id only the one that the record belongs to changes", () => {
    const states = statesAfter([record("start", 0), record("start", 300, bob)]);
    const now = takeEvent(states, record("interim", 400, bob), undefined);
    expect(now[1]).toBe(states[1]);
    expect(now[0]).not.toBe(states[0]);
  });
});
