import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { attributeAddress } from "../../../src/attribution/attribute-address.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "../session/recorder-harness.ts";

let harness: RecorderHarness;
beforeAll(async () => {
  harness = await createRecorderHarness();
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.database.query("truncate session, address_interval, subscriber, nas_restart cascade");
});

const [anna, ben] = ["user1@isp.example", "user2@isp.example"];
const both = [anna, ben];
const ask = async (seconds: number, ip = "100.64.9.9") => {
  const { verdict, subscriber, candidates } = await attributeAddress(harness.database, { ip, at: at(seconds) });
  return subscriber ?? (verdict === "ambiguous" ? candidates.map((one) => one.subscriber) : verdict);
};
const shared = { ipv4: "100.64.9.9" };
const sixth = { ipv6Prefixes: ["2001:db8:9::/56"] };

test("after a lost Stop nobody is named for the time that the next Start may be late without saying so", async () => {
  await harness.inTurn(recordOf(1, "start", 0, shared), recordOf(2, "start", 1_000, shared));
  expect(await ask(870)).toBe(anna);
  expect(await ask(890)).toEqual(both);
  expect(await ask(990)).toEqual(both);
  expect(await ask(1_010)).toBe(ben);
});

test("up to when it was heard last the one before is sure", async () => {
  await harness.inTurn(
    recordOf(1, "start", 0, shared),
    recordOf(1, "interim", 950, shared),
    recordOf(2, "start", 1_000, shared),
  );
  expect(await ask(940)).toBe(anna);
  expect(await ask(960)).toEqual(both);
});

test("a Stop in its time leaves no doubt, to the moment", async () => {
  await harness.inTurn(
    recordOf(1, "start", 0, shared),
    recordOf(1, "stop", 990, shared),
    recordOf(2, "start", 1_000, shared),
  );
  expect(await ask(980)).toBe(anna);
  expect(await ask(995)).toBe("none");
});

test("a customer who comes back is named throughout: it was him either way", async () => {
  await harness.inTurn(recordOf(1, "start", 0, shared), recordOf(2, "start", 1_000, { ...shared, username: anna }));
  for (const seconds of [870, 950, 1_010]) expect(await ask(seconds)).toBe(anna);
});

test("the same holds where the id came back, or the NAS was started anew, and nothing else ended the session", async () => {
  await harness.inTurn(
    recordOf(1, "start", 0, shared),
    recordOf(2, "start", 1_000, { ...shared, acctSessionId: "S1" }),
  );
  expect(await ask(870)).toBe(anna);
  expect(await ask(950)).toEqual(both);
  await harness.database.query("truncate session, address_interval cascade");
  await harness.inTurn(recordOf(1, "start", 0, shared));
  await harness.recorder.recordRestart({ nasId: "bng1", kind: "on", at: at(990), receivedAt: at(990) });
  await harness.inTurn(recordOf(2, "start", 1_000, shared));
  expect(await ask(870)).toBe(anna);
  expect(await ask(950)).toEqual(both);
});

test("and for a prefix of IPv6, or an address of another NAS, which both hold from then on", async () => {
  await harness.inTurn(recordOf(1, "start", 0, sixth), recordOf(2, "start", 1_000, { ...sixth, nasId: "bng2" }));
  expect(await ask(870, "2001:db8:9::1")).toBe(anna);
  expect(await ask(950, "2001:db8:9::1")).toEqual(both);
});

test("two who are both seen alive had it both, and no sooner than they say", async () => {
  await harness.inTurn(
    recordOf(1, "start", 0, shared),
    recordOf(2, "start", 1_000, { ...shared, nasId: "bng2" }),
    recordOf(1, "interim", 1_100, shared),
  );
  expect(await ask(990)).toBe(anna);
  expect(await ask(1_050)).toEqual(both);
});
