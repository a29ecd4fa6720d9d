import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AccountingEvent, NasRestart } from "../../../src/session/accounting-event.ts";
import { endedByRestart, isEndedByRestart } from "../../../src/session/inferred-end.ts";
import { intervalsOf } from "../../../src/session/interval-change.ts";
import { newestFirst } from "../../../src/session/newest-first.ts";
import { recordBatch } from "../../../src/session/record-batch.ts";
import type { SessionState } from "../../../src/session/session-state.ts";
import { takeEvent } from "../../../src/session/take-event.ts";
import { noon, record, withDigest } from "../../unit/session/accounting-record.ts";
import { recordedSessions } from "./recorded-sessions.ts";
import { createRecorderHarness, type RecorderHarness } from "./recorder-harness.ts";

let harness: RecorderHarness;
beforeAll(async () => {
  harness = await createRecorderHarness({ autoSubscribers: false });
});
afterAll(() => harness.stop());

/** One thing that a NAS says, about the only Acct-Session-Id that it uses. */
type Step = { readonly event: AccountingEvent } | { readonly restart: NasRestart };

const step = fc
  .record({
    // Mostly Interims, of which most say nothing new: they are what is carried on.
    status: fc.constantFrom<(AccountingEvent["status"] | "restart")[]>(
      ...(["interim", "interim", "interim", "interim", "interim", "start", "stop", "restart"] as const),
    ),
    at: fc.integer({ min: 0, max: 1_500 }),
    lateSeconds: fc.constantFrom(0, 0, 0, 30, 400),
    sessionSeconds: fc.option(fc.integer({ min: 0, max: 1_800 }), { nil: undefined }),
    host: fc.constantFrom(1, 1, 1, 1, 2, undefined),
    prefixes: fc.constantFrom([], ["2001:db8:1::/56"], ["2001:db8:1::/56"], ["2001:db8:2::/64", "2001:db8:3::9/128"]),
    delegated: fc.constantFrom(undefined, undefined, ["2001:db8:100::/56"], ["2001:db8:1::/56"]),
    addresses: fc.constantFrom(undefined, undefined, undefined, ["2001:db8:3::9/128"]),
    sharedPorts: fc.constantFrom(
      "{[1024,2048)}",
      "{[1024,2048)}",
      "{}",
      "{[1024,2048),[4096,8192)}",
      undefined,
      undefined,
    ),
    username: fc.constantFrom("alice", "alice", "alice", "alice", "bob", ""),
    port: fc.constantFrom("7", "7", "7", "8", undefined),
    filter: fc.constantFrom("plan", "plan", "garden", undefined),
    octets: fc.bigInt({ min: 0n, max: 2n ** 40n }),
    interimSeconds: fc.constantFrom(300, undefined, 600),
    clock: fc.constantFrom("none", "none", "right", "right", "right", "right", "slow", "never set"),
  })
  .map((said) => ({ ...said, at: said.at - (said.at % 10) }));

/** By how many seconds each clock is wrong. */
const clockErrors: Readonly<Record<string, number>> = { right: 0, slow: -7200, "never set": -1e9 };

type Said = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Sequence {
  readonly isInOrder: boolean;
  readonly said: readonly Said[];
  /** Which of them come again in the end, without a word of their delay. */
  readonly again: readonly number[];
}

const sequences = fc.array(
  fc.record({
    isInOrder: fc.boolean(),
    said: fc.array(step, { minLength: 1, maxLength: 12 }),
    again: fc.array(fc.nat(11), { maxLength: 4 }),
  }),
  { minLength: 20, maxLength: 40 },
);

function stepOf(said: Said, nasId: string): Step {
  const { status, at, lateSeconds } = said;
  const receivedAt = new Date(noon + (at + lateSeconds) * 1000);
  if (status === "restart") return { restart: { nasId, kind: "on", at: new Date(noon + at * 1000), receivedAt } };
  const { host, port, filter, interimSeconds } = said;
  const clockError = clockErrors[said.clock];
  const sessionSeconds = clockError === undefined ? said.sessionSeconds : at;
  const { ipv4: _, shownDigest: __, ...bare } = record(status, at);
  return {
    event: withDigest({
      ...bare,
      nasId,
      receivedAt,
      username: said.username,
      ...(host === undefined ? {} : { ipv4: `100.64.0.${host}` }),
      ...(clockError === undefined ? {} : { eventTimestamp: noon / 1000 + at + clockError }),
      ...(sessionSeconds === undefined ? {} : { sessionSeconds }),
      ...(interimSeconds === undefined ? {} : { interimSeconds }),
      ipv6Prefixes: said.prefixes,
      delegatedPrefixes: said.delegated,
      ipv6Addresses: said.addresses,
      sharedPorts: said.sharedPorts,
      inputOctets: said.octets,
      outputOctets: said.octets * 2n,
      identity: port === undefined ? {} : { "NAS-Port": port },
      observed: filter === undefined ? {} : { "Filter-Id": [filter] },
    }),
  };
}

function sentAgain(step: Step, late: number): Step {
  const when = new Date(noon + (2_000 + 90 * late) * 1000);
  return "event" in step
    ? { event: { ...step.event, at: when, receivedAt: when } }
    : { restart: { ...step.restart, at: when, receivedAt: when } };
}

/** What is stored if everything was taken in by the pure functions alone. */
function pureSessions(steps: readonly Step[]) {
  let states: readonly SessionState[] = [];
  let restartedAt: number | undefined;
  for (const said of steps) {
    if ("event" in said) {
      states = takeEvent(states, said.event, restartedAt);
      continue;
    }
    const at = said.restart.at.getTime();
    restartedAt = Math.max(at, restartedAt ?? at);
    states = newestFirst(states.map((state) => (isEndedByRestart(state, at) ? endedByRestart(state, at) : state)));
  }
  return states.map((state) => ({
    startedAt: state.startedAt,
    isStartKnown: state.isStartKnown,
    aliveAt: state.aliveAt,
    lastSeenAt: state.lastSeenAt,
    stoppedAt: state.stoppedAt ?? null,
    cause: state.terminateCause ?? null,
    username: state.username,
    sharedPorts: state.sharedPorts ?? null,
    inputOctets: String(state.inputOctets),
    outputOctets: String(state.outputOctets),
    interimSeconds: state.interimSeconds ?? null,
    identity: state.identity,
    observed: state.observed,
    shownDigest: state.shownDigest ?? null,
    nasClock: state.nasClock ?? null,
    held: intervalsOf(state)
      .map(({ prefix, from, until }) => `${prefix} ${from}..${until ?? ""}`)
      .sort(),
  }));
}

/** Sessions in an order of their own, whichever way they were had. */
const inOrder = (sessions: readonly object[]) =>
  sessions.map((session) => JSON.stringify(session, Object.keys(session).sort())).sort();

const withoutRestarts = (generated: readonly Sequence[]): Sequence[] =>
  generated.map((own) => ({ ...own, said: own.said.filter(({ status }) => status !== "restart") }));

let runs = 0;

/** Each sequence is of a NAS of its own, so that restarts touch no other. */
async function asNases(generated: readonly Sequence[]): Promise<Step[][]> {
  const run = ++runs;
  const ids = generated.map((_, index) => `nas-${run}-${index}`);
  await harness.database.query(
    `insert into nas (id, address, secret_sealed, vendor, identifier)
     select id, '192.0.2.1', '\\x00', 'generic', id from unnest($1::text[]) as id`,
    [ids],
  );
  return generated.map(({ isInOrder, said, again }, index) => {
    const once = (isInOrder ? said.toSorted((a, b) => a.at - b.at) : said).map((one) => stepOf(one, ids[index]!));
    return [
      ...once,
      ...again.flatMap((place, late) => once.slice(place, place + 1).map((one) => sentAgain(one, late))),
    ];
  });
}

/** The first thing of every NAS, then the second of every NAS, and so on: each round is one batch. */
async function rounds(steps: readonly (readonly Step[])[], take: (said: Step) => Promise<void>): Promise<void> {
  const longest = Math.max(...steps.map(({ length }) => length));
  for (let round = 0; round < longest; round++)
    await Promise.all(steps.flatMap((own) => own.slice(round, round + 1)).map(take));
}

const recorded = (said: Step): Promise<void> =>
  "event" in said ? harness.recorder.record(said.event) : harness.recorder.recordRestart(said.restart);

const nasOf = (own: readonly Step[]): string => {
  const [first] = own;
  return first === undefined ? "" : "event" in first ? first.event.nasId : first.restart.nasId;
};

async function expectStoredAsPure(steps: readonly (readonly Step[])[]): Promise<void> {
  for (const own of steps) {
    const stored = await recordedSessions(harness.database, nasOf(own), "S1");
    expect(inOrder(stored)).toEqual(inOrder(pureSessions(own)));
  }
}

test("record by record, the database holds what the pure functions make of a session, carried on or not", async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (generated) => {
      const steps = await asNases(generated);
      await rounds(steps, recorded);
      await expectStoredAsPure(steps);
    }),
    { numRuns: 7, endOnFailure: true },
  );
});

const alone = { autoSubscribers: false, opened: async () => false };

test("carrying on and taking in one by one store the same for every record", async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (generated) => {
      const fast = await asNases(withoutRestarts(generated));
      const slow = await asNases(withoutRestarts(generated));
      await rounds(fast, recorded);
      await rounds(slow, async (said) => {
        if ("event" in said) await harness.database.transaction((trx) => recordBatch(trx, [said.event], alone));
      });
      for (const [index, own] of fast.entries()) {
        const carried = await recordedSessions(harness.database, nasOf(own), "S1");
        expect(carried).toEqual(await recordedSessions(harness.database, nasOf(slow[index]!), "S1"));
      }
    }),
    { numRuns: 4, endOnFailure: true },
  );
});

test("in one batch or one by one, the same is stored", async () => {
  await fc.assert(
    fc.asyncProperty(sequences, async (generated) => {
      // The sessions that a restart ended are closed beside later records, so that there the order is not given.
      const steps = await asNases(withoutRestarts(generated));
      await Promise.all(steps.flatMap((own) => own.map(recorded)));
      await expectStoredAsPure(steps);
    }),
    { numRuns: 4, endOnFailure: true },
  );
});
