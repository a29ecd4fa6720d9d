import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { attributeAddress } from "../../../src/attribution/attribute-address.ts";
import { grantClass, saveGrants } from "../../../src/session/grant-store.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "../session/recorder-harness.ts";

let harness: RecorderHarness;
beforeAll(async () => {
  harness = await createRecorderHarness();
});
afterAll(() => harness.stop());
beforeEach(async () => {
  await harness.database.query("truncate session, address_interval, subscriber, grant_given cascade");
});

const MINUTE = 60;
const HOUR = 3_600;
const ask = async (seconds: number, ip = "100.64.0.1") => {
  const { verdict, subscriber } = await attributeAddress(harness.database, { ip, at: at(seconds) });
  return subscriber ?? verdict;
};
const anna = "user1@isp.example";
const interimSeconds = 10 * MINUTE;

test("with Interims as they should come the holder is named up to this moment, and to the Stop", async () => {
  await harness.inTurn(recordOf(1, "start", 0, { interimSeconds }));
  expect(await ask(10 * MINUTE)).toBe(anna);
  for (let minutes = 10; minutes <= 120; minutes += 10)
    await harness.inTurn(recordOf(1, "interim", minutes * MINUTE, { interimSeconds }));
  expect(await ask(129 * MINUTE)).toBe(anna);
  expect(await ask(5 * MINUTE)).toBe(anna);
  await harness.inTurn(recordOf(1, "stop", 125 * MINUTE, { sessionSeconds: 125 * MINUTE }));
  expect(await ask(124 * MINUTE)).toBe(anna);
  expect(await ask(126 * MINUTE)).toBe("none");
});

test("after three missing Interims nobody is named, until one shows that the session is there", async () => {
  await harness.inTurn(recordOf(1, "start", 0, { interimSeconds }), recordOf(1, "interim", 600, { interimSeconds }));
  expect(await ask(600 + 30 * MINUTE)).toBe(anna);
  expect(await ask(600 + 31 * MINUTE)).toBe("ambiguous");
  expect(await ask(20 * HOUR)).toBe("ambiguous");
  await harness.inTurn(recordOf(1, "interim", 20 * HOUR, { interimSeconds, sessionSeconds: 20 * HOUR }));
  expect(await ask(10 * HOUR)).toBe(anna);
});

test("how often Interims come is taken from the Access-Accept where accounting does not say it", async () => {
  const [grant] = await saveGrants(harness.database, [
    {
      nasId: "bng1",
      username: anna,
      givenAt: at(0),
      // Session-Timeout 86400, Acct-Interim-Interval 600
      attributes: Buffer.from("1b0600015180550600000258", "hex"),
    },
  ]);
  const observed = { Class: [grantClass(grant ?? "")] };
  await harness.inTurn(recordOf(1, "start", 0, { observed }), recordOf(1, "interim", 600, { observed }));
  expect(await ask(600 + 29 * MINUTE)).toBe(anna);
  expect(await ask(600 + 31 * MINUTE)).toBe("ambiguous");
});

test("a NAS that sends no Interims says nothing by its silence, whatever it was told", async () => {
  await harness.inTurn(recordOf(1, "start", 0, { interimSeconds }));
  expect(await ask(14 * 24 * HOUR)).toBe(anna);
});

test("a Stop that is late without saying so does not make its session longer than it says that it was", async () => {
  const shared = { ipv4: "100.64.7.7" };
  await harness.inTurn(
    recordOf(1, "start", 0, shared),
    recordOf(1, "stop", 1_060, { ...shared, sessionSeconds: 1_000 }),
    recordOf(2, "start", 1_061, shared),
  );
  expect(await ask(1_030, "100.64.7.7")).toBe("none");
  expect(await ask(900, "100.64.7.7")).toBe(anna);
  expect(await ask(1_100, "100.64.7.7")).toBe("user2@isp.example");
});

test("a session time that cannot be is not believed", async () => {
  await harness.inTurn(recordOf(1, "start", 0), recordOf(1, "stop", 7_200, { sessionSeconds: 0 }));
  expect(await ask(7_100)).toBe(anna);
  await harness.inTurn(
    recordOf(2, "start", 0),
    recordOf(2, "interim", 1_000, { sessionSeconds: 1_000 }),
    recordOf(2, "stop", 1_040, { sessionSeconds: 950 }),
  );
  expect(await ask(1_030, "100.64.0.2")).toBe("user2@isp.example");
});
