import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { listEnforcements } from "../../../src/enforcement/enforcement-view-store.ts";
import { allDone, enforcementsOf, garden, order, sessionFacts, stopSession, suspend, throttle } from "./fixtures.ts";
import { createOneSession, inTurn, type OneSession } from "./one-session.ts";

let one: OneSession;
beforeAll(async () => {
  one = await createOneSession();
});
beforeEach(() => one.begin());
afterEach(() => one.clear());
afterAll(() => one.drop());

test("an acknowledged measure is in force, and its attempt is on record with its octets", async () => {
  one.start({});
  await order(one.database, { subscriberId: "s1", detail: garden });
  await one.settle();
  expect(await one.view("walled-garden")).toMatchObject({
    state: "in-force",
    sessions: [{ session: one.session, outcome: "acknowledged" }],
  });
  const { items } = await listEnforcements(one.database, { subscriberId: "s1" }, { limit: 10 });
  expect(items).toMatchObject([
    {
      session: one.session,
      nas: "bng1",
      kind: "coa",
      outcome: "acknowledged",
      attempts: 1,
      errorCause: null,
      step: 0,
      steps: 1,
    },
  ]);
  expect(items[0]?.request).toBe(Buffer.from(one.nas.seen[0]!.octets).toString("hex"));
  expect(items[0]?.sentAt).toBeInstanceOf(Date);
});

test("a refusal for good is failed, with its Error-Cause, and is not tried again", async () => {
  one.start(inTurn({ kind: "refused", errorCause: 407 }));
  await order(one.database, { subscriberId: "s1", detail: garden });
  await one.settle();
  await allDone(one.database);
  expect(await sessionFacts(one.database, one.session)).toEqual({
    applied: null,
    applied_digest: null,
    obstacle: "refused-407",
  });
  expect(await one.view("walled-garden")).toMatchObject({
    state: "failed",
    sessions: [{ session: one.session, outcome: "refused", errorCause: 407 }],
  });
  expect(one.nas.seen).toHaveLength(1);
});

test("what was refused needs no undoing: lifting sends nothing", async () => {
  one.start(inTurn({ kind: "refused", errorCause: 401 }));
  await order(one.database, { subscriberId: "s1", detail: garden });
  await one.settle();
  await one.lift("walled-garden");
  await one.settle();
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(1);
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ obstacle: null });
});

test("a suspension that a NAS did not answer, and that is lifted, ends no session", async () => {
  one.start(inTurn({ kind: "no-answer" }, { kind: "acknowledged" }), {
    timing: { retries: { silence: [60_000], busy: [], unexplained: [] } },
  });
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await one.settle();
  await one.lift("suspend");
  await one.settle();
  await allDone(one.database);
  expect(one.nas.seen.filter(({ kind }) => kind === "disconnect")).toHaveLength(1);
});

test("silence is tried again; until then nobody knows, and lifting undoes what may be in force", async () => {
  one.start(inTurn({ kind: "no-answer" }), { timing: { retries: { silence: [60_000], busy: [], unexplained: [] } } });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await one.settle();
  expect(await sessionFacts(one.database, one.session)).toEqual({
    applied: { isWalledGarden: true },
    applied_digest: "?",
    obstacle: null,
  });
  expect(await one.view("walled-garden")).toMatchObject({ state: "pending", sessions: [{ outcome: "no-answer" }] });
  await one.lift("walled-garden");
  await one.settle();
  expect(one.nas.seen.map(({ asks }) => asks)).toEqual(['{"isWalledGarden":true}', "{}"]);
});

test("silence has an end: then an operator sees the obstacle", async () => {
  one.start(inTurn({ kind: "no-answer" }));
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(3);
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ applied_digest: "?", obstacle: "no-answer" });
  expect(await one.view("walled-garden")).toMatchObject({ state: "failed", sessions: [{ outcome: "no-answer" }] });
});

test("a new order starts the tries afresh", async () => {
  one.start(inTurn({ kind: "no-answer" }, { kind: "no-answer" }, { kind: "no-answer" }, { kind: "acknowledged" }));
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(await one.view("walled-garden")).toMatchObject({ state: "in-force" });
});

test("a busy NAS is asked again and then follows", async () => {
  one.start(inTurn({ kind: "refused", errorCause: 506 }, { kind: "acknowledged" }));
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  const outcomes = (await enforcementsOf(one.database, one.session)).map(({ outcome, error_cause }) => [
    outcome,
    error_cause,
  ]);
  expect(outcomes).toEqual([
    ["refused", 506],
    ["acknowledged", null],
  ]);
});

test("answers that are not authentic are told apart from silence, tried again, and given up in the end", async () => {
  one.start(inTurn({ kind: "not-authentic" }));
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  expect(one.nas.seen).toHaveLength(3);
  expect(await one.view("walled-garden")).toMatchObject({ state: "failed", sessions: [{ outcome: "not-authentic" }] });
});

test("a release that the NAS refuses for good is followed by a Disconnect, once", async () => {
  one.start({
    answer: ({ kind, asks }) =>
      kind === "coa" && asks === "{}" ? { kind: "refused", errorCause: 407 } : { kind: "acknowledged" },
    takesAway: true,
  });
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  await one.lift("walled-garden");
  await one.settle();
  await allDone(one.database);
  expect(one.nas.seen.map(({ kind }) => kind)).toEqual(["coa", "coa", "disconnect"]);
  expect(await sessionFacts(one.database, one.session)).toMatchObject({ obstacle: null });
});

test("all that may be in force after silence is remembered as it was sent, until an acknowledged change takes it away", async () => {
  one.start(inTurn({ kind: "acknowledged" }, { kind: "no-answer" }, { kind: "no-answer" }, { kind: "no-answer" }));
  await order(one.database, { subscriberId: "s1", detail: throttle() });
  await allDone(one.database);
  await order(one.database, { subscriberId: "s1", detail: garden });
  await allDone(one.database);
  const [row] = await one.database.query<{ imposed: { attributes: { value: string }[] } }>(
    "select imposed from session where id = $1",
    [one.session],
  );
  const asked = row?.imposed.attributes.map(({ value }) => JSON.parse(value));
  expect(asked).toEqual([
    { throttle: { downKbps: 1000, upKbps: 256 } },
    { isWalledGarden: true, throttle: { downKbps: 1000, upKbps: 256 } },
  ]);
});

test("a suspended session is told once to end, and its Stop ends the matter", async () => {
  one.start({});
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await one.settle();
  one.dispatcher?.wake();
  await allDone(one.database);
  expect(one.nas.seen.map(({ kind }) => kind)).toEqual(["disconnect"]);
  await stopSession(one.database, one.session);
  expect(await one.view("suspend")).toMatchObject({
    state: "in-force",
    sessions: [{ session: one.session, outcome: "acknowledged" }],
  });
});

test("a session that the NAS does not know counts as ended for a suspension, and as failed for a throttle", async () => {
  one.start(inTurn({ kind: "refused", errorCause: 503 }));
  await order(one.database, { subscriberId: "s1", detail: throttle() });
  await allDone(one.database);
  expect(await one.view("throttle")).toMatchObject({
    state: "failed",
    sessions: [{ outcome: "refused", errorCause: 503 }],
  });
  await order(one.database, { subscriberId: "s1", detail: suspend });
  await allDone(one.database);
  expect(await one.view("suspend")).toMatchObject({
    state: "in-force",
    sessions: [{ outcome: "refused", errorCause: 503 }],
  });
});
