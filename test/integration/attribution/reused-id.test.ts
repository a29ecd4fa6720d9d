import { afterAll, beforeAll, expect, test } from "vitest";
import { attributeAddress } from "../../../src/attribution/attribute-address.ts";
import { adoptSessions } from "../../../src/session/nobodys-session-store.ts";
import { deleteSubscriber, putSubscribers } from "../../../src/subscriber/subscriber-write-store.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "../session/recorder-harness.ts";

let harness: RecorderHarness;
beforeAll(async () => {
  harness = await createRecorderHarness();
});
afterAll(() => harness.stop());

let last = 0;
const nameOf = (n: number) => `user${n}@isp.example`;
const addressOf = (n: number) => `100.64.0.${n}`;
const ask = async (n: number, seconds: number, ip = addressOf(n)) => {
  const { verdict, subscriber, reason } = await attributeAddress(harness.database, { ip, at: at(seconds) });
  return subscriber ?? { verdict, reason };
};
const put = (n: number, id = nameOf(n)) =>
  harness.database.transaction((trx) =>
    putSubscribers(trx, [{ id, usernames: [nameOf(n)] }], {
      replaceCredentials: async () => new Set(),
      sessionsGained: async () => undefined,
      now: () => at(0),
    }),
  );
const remove = (n: number, id = nameOf(n)) =>
  harness.database.transaction(async (trx) => expect(await deleteSubscriber(trx, id)).toBe(true));
const wasRemoved = { verdict: "ambiguous", reason: expect.stringContaining("but was removed since") };
const session = (n: number, from: number, to?: number, ipv4 = addressOf(n)) =>
  harness.inTurn(
    recordOf(n, "start", from, { acctSessionId: `S${n}-${from}`, ipv4 }),
    ...(to === undefined ? [] : [recordOf(n, "stop", to, { acctSessionId: `S${n}-${from}`, ipv4 })]),
  );

test("whoever gets a removed subscriber's id is not named for what that one held", async () => {
  const n = ++last;
  await put(n);
  await session(n, 0, 600);
  expect(await ask(n, 300)).toBe(nameOf(n));
  await remove(n);
  expect(await ask(n, 300)).toEqual(wasRemoved);
  await put(n);
  expect(await ask(n, 300)).toEqual(wasRemoved);
  await session(n, 1_000);
  expect(await ask(n, 300)).toEqual(wasRemoved);
  expect(await ask(n, 1_100)).toBe(nameOf(n));
});

test("nor where accounting makes it again, or where a real one takes that over", async () => {
  const n = ++last;
  await session(n, 0, 600);
  await remove(n);
  await session(n, 1_000);
  expect(await ask(n, 300)).toEqual(wasRemoved);
  expect(await ask(n, 1_100)).toBe(nameOf(n));
  await put(n, `real-${n}`);
  expect(await ask(n, 300)).toEqual(wasRemoved);
  expect(await ask(n, 1_100)).toBe(`real-${n}`);
});

test("nor where the removed one and the new one held the address one after the other, for either's time", async () => {
  const n = ++last;
  await session(n, 0, 600);
  await remove(n);
  await session(n, 601);
  const answer = await attributeAddress(harness.database, { ip: addressOf(n), at: at(590), until: at(610) });
  expect(answer).toMatchObject({ ...wasRemoved, subscriber: null });
});

test("a late record of a removed one's session gives it to nobody else", async () => {
  const n = ++last;
  await harness.inTurn(recordOf(n, "start", 0, { ipv4: undefined }), recordOf(n, "stop", 600, { ipv4: undefined }));
  await remove(n);
  await put(n);
  await harness.inTurn(recordOf(n, "interim", 300, { ipv4: "100.127.5.1" }));
  expect(await ask(n, 350, "100.127.5.1")).toEqual(wasRemoved);
});

test("a subscriber who is put after the session began has held what it holds from the beginning", async () => {
  const n = ++last;
  await session(n, 0);
  await put(n, `real-${n}`);
  expect(await ask(n, 10)).toBe(`real-${n}`);
  const strict = ++last;
  const recorder = await createRecorderHarness({ autoSubscribers: false });
  await recorder.inTurn(recordOf(strict, "start", 0));
  await recorder.database.query("insert into subscriber (id) values ('late')");
  await recorder.database.query("insert into subscriber_username values ($1, 'late', $1)", [nameOf(strict)]);
  await recorder.database.transaction((trx) => adoptSessions(trx, { after: "0", limit: 10 }));
  const question = { ip: addressOf(strict), at: at(10) };
  expect(await attributeAddress(recorder.database, question)).toMatchObject({ subscriber: "late" });
  await recorder.stop();
});
