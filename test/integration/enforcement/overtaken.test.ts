import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Dispatcher } from "../../../src/enforcement/dispatcher.ts";
import type { MayTransmit, NasGateway } from "../../../src/enforcement/nas-gateway.ts";
import type { OutcomeDetail } from "../../../src/enforcement/outcome.ts";
import { allDone, enforcementsOf, garden, order, sessionFacts, startDispatcher, throttle } from "./fixtures.ts";
import { createOneSession, type OneSession } from "./one-session.ts";
import { createScriptedNas, type ScriptedNas } from "./scripted-nas.ts";

/** A customer's session, whose NAS answers each request when a test says so; two nodes that work on it. */
let one: OneSession;
let nas: ScriptedNas;
let answers: ((detail: OutcomeDetail) => void)[];
let running: Dispatcher[];

const ack = { kind: "acknowledged" } as const;
const noLease = { leaseMs: 60_000 };

beforeAll(async () => {
  one = await createOneSession();
});
beforeEach(async () => {
  await one.begin();
  answers = [];
  running = [];
  nas = createScriptedNas({
    answer: () => new Promise((resolve) => void answers.push(resolve)),
    hasLostPorts: true,
  });
});
afterEach(async () => {
  for (const answer of answers) answer(ack);
  await Promise.all(running.map((dispatcher) => dispatcher.stop()));
  await one.clear();
});
afterAll(() => one.drop());

const start = (nodeId: string) => void running.push(startDispatcher(one.database, nas, { nodeId, timing: noLease }));
const sent = (count: number) => vi.waitFor(() => expect(answers).toHaveLength(count), { timeout: 5_000, interval: 10 });
const facts = () => sessionFacts(one.database, one.session);
const asked = () => nas.seen.map(({ asks }) => asks);
const gardened = '{"isWalledGarden":true}';

/** The first node orders the garden, and is frozen before it hears the answer: its lease runs out. */
async function frozenNode(): Promise<Dispatcher> {
  let isFrozen = false;
  let looks = 0;
  const capacity = () => {
    looks += isFrozen ? 1 : 0;
    return isFrozen ? 0 : 64;
  };
  const gateway = { ...nas.gateway, capacity };
  const first = startDispatcher(one.database, { gateway }, { nodeId: "one", timing: noLease });
  running.push(first);
  await order(one.database, { subscriberId: "s1", detail: garden });
  await sent(1);
  isFrozen = true;
  // It looks for jobs one time after another: what it looked for before is over.
  await vi.waitFor(() => expect(looks).toBeGreaterThan(0), { interval: 10 });
  await one.database.query("update enforcement_job set claimed_until = now() - interval '1 second'");
  return first;
}

test("a garden that is acknowledged to a node of before, after the lifting, is found and lifted again", async () => {
  const first = await frozenNode();
  start("two");
  await sent(2);
  answers[1]?.(ack);
  await allDone(one.database);
  await one.lift("walled-garden");
  await sent(3);
  answers[2]?.(ack);
  await allDone(one.database);
  expect(await facts()).toMatchObject({ applied: null, applied_digest: null });
  answers[0]?.(ack);
  await first.stop();
  expect(nas.runs.get(one.session)).toBe(gardened);
  expect(await facts()).toMatchObject({ applied: { isWalledGarden: true }, applied_digest: "?" });
  await sent(4);
  answers[3]?.(ack);
  await allDone(one.database);
  expect(asked()).toEqual([gardened, gardened, "{}", "{}"]);
  expect(await facts()).toEqual({ applied: null, applied_digest: null, obstacle: null });
  const last = nas.plans.at(-1);
  expect(last).toMatchObject({ isCertain: false });
  expect(last?.imposed.attributes.map(({ value }) => value)).toContain(gardened);
  expect(
    (await enforcementsOf(one.database, one.session)).map(({ outcome, reason }) => `${outcome} ${reason}`),
  ).toEqual([
    "no-answer walled-garden ordered",
    "acknowledged walled-garden ordered",
    "acknowledged walled-garden lifted",
    "acknowledged overtaken",
  ]);
});

test("it is heard while the other node's request is under way: that one's answer settles nothing, and it is sent anew", async () => {
  const first = await frozenNode();
  await one.lift("walled-garden");
  start("two");
  await sent(2);
  answers[0]?.(ack);
  await first.stop();
  expect(await facts()).toMatchObject({ applied_digest: "?" });
  expect(asked()).toEqual([gardened, "{}"]);
  answers[1]?.(ack);
  await sent(3);
  answers[2]?.(ack);
  await allDone(one.database);
  expect(asked()).toEqual([gardened, "{}", "{}"]);
  expect(await facts()).toEqual({ applied: null, applied_digest: null, obstacle: null });
});

test("what changed nothing on the NAS changes nothing of what the other node is at", async () => {
  const first = await frozenNode();
  start("two");
  await sent(2);
  answers[0]?.({ kind: "refused", errorCause: 402 });
  await first.stop();
  expect(await facts()).toMatchObject({ applied_digest: "?", obstacle: null });
  answers[1]?.(ack);
  await allDone(one.database);
  expect(asked()).toEqual([gardened, gardened]);
  expect(await facts()).toMatchObject({ applied: { isWalledGarden: true }, obstacle: null });
});

test("what was acknowledged already is not sent again for a late acknowledgement of the same", async () => {
  const first = await frozenNode();
  start("two");
  await sent(2);
  answers[1]?.(ack);
  await allDone(one.database);
  answers[0]?.(ack);
  await first.stop();
  await allDone(one.database);
  expect(asked()).toEqual([gardened, gardened]);
  expect(await facts()).toMatchObject({
    applied: { isWalledGarden: true },
    applied_digest: expect.not.stringMatching(/^\?$/),
  });
});

test("two measures that crossed: all that either imposed is on record", async () => {
  const first = await frozenNode();
  await one.lift("walled-garden");
  await order(one.database, { subscriberId: "s1", detail: throttle() });
  start("two");
  await sent(2);
  answers[1]?.(ack);
  await allDone(one.database);
  answers[0]?.(ack);
  await first.stop();
  const [row] = await one.database.query<{ imposed: { attributes: { value: string }[] } }>(
    "select imposed from session",
  );
  const slow = '{"throttle":{"upKbps":256,"downKbps":1000}}';
  expect(row?.imposed.attributes.map(({ value }) => JSON.parse(value))).toEqual([
    JSON.parse(slow),
    JSON.parse(gardened),
  ]);
  await sent(3);
});

/** The equipment's gateway, with what it was told of whether it may send. */
function listened(): { gateway: NasGateway; may: MayTransmit[] } {
  const may: MayTransmit[] = [];
  const prepare: NasGateway["prepare"] = async (...request) => {
    const prepared = await nas.gateway.prepare(...request);
    return {
      ...prepared,
      send: (mayTransmit) => {
        may.push(mayTransmit);
        return prepared.send(mayTransmit);
      },
    };
  };
  const resume: NasGateway["resume"] = (of, request, mayTransmit) => {
    may.push(mayTransmit);
    return nas.gateway.resume(of, request, mayTransmit);
  };
  return { gateway: { ...nas.gateway, prepare, resume }, may };
}

test.each([3_000, 60_000])(
  "a request may be sent while its lease of %i ms lasts by this node's clock",
  async (leaseMs) => {
    let uptime = 0;
    const { gateway, may } = listened();
    const timing = { leaseMs };
    running.push(startDispatcher(one.database, { gateway }, { timing, uptimeMs: () => uptime }));
    await order(one.database, { subscriberId: "s1", detail: garden });
    await sent(1);
    uptime = leaseMs - 1;
    expect(may[0]?.()).toBe(true);
    if (leaseMs > 3_000) {
      uptime = leaseMs;
      expect(may[0]?.()).toBe(false);
    } else {
      // It is renewed after a third of it.
      uptime = leaseMs + 1;
      await vi.waitFor(() => expect(may[0]?.()).toBe(true), { timeout: 2_500 });
    }
  },
);

test("so may what is sent again after a restart", async () => {
  await frozenNode();
  let uptime = 0;
  const { gateway, may } = listened();
  running.push(startDispatcher(one.database, { gateway }, { nodeId: "two", timing: noLease, uptimeMs: () => uptime }));
  await sent(2);
  expect(may).toHaveLength(2);
  uptime = 60_000;
  expect(may.map((mayTransmit) => mayTransmit())).toEqual([false, false]);
});
