import { afterAll, beforeAll, expect, test } from "vitest";
import { attributeAddress } from "../../../src/attribution/attribute-address.ts";
import { at, createRecorderHarness, type RecorderHarness, recordOf } from "../session/recorder-harness.ts";

let harness: RecorderHarness;
beforeAll(async () => {
  harness = await createRecorderHarness();
});
afterAll(() => harness.stop());

let last = 0;
let address = "";
/** Sessions that have one address, one after the other, each with its ports; undefined: with all of them. */
async function sharers(...ports: readonly (string | undefined)[]): Promise<string[]> {
  const ids: string[] = [];
  address = `203.0.113.${last + 1}`;
  for (const [index, sharedPorts] of ports.entries()) {
    const n = ++last;
    await harness.inTurn(recordOf(n, "start", 60 * index, { ipv4: address, sharedPorts }));
    ids.push(`user${n}@isp.example`);
  }
  return ids;
}

const ask = async (port?: number, protocol?: string, seconds = 3_600) => {
  const answer = await attributeAddress(harness.database, { ip: address, port, protocol, at: at(seconds) });
  const { verdict, subscriber, candidates } = answer;
  return subscriber ?? { verdict, candidates: candidates.map((one) => one.subscriber) };
};
const [low, high] = ["{[1024,2048)}", "{[2048,3072)}"];

test("of customers with some ports of one address each, the observation's port tells which one", async () => {
  const [anna, ben] = await sharers(low, high);
  for (const protocol of ["tcp", "udp", undefined]) {
    expect(await ask(1024, protocol)).toBe(anna);
    expect(await ask(2047, protocol)).toBe(anna);
    expect(await ask(2048, protocol)).toBe(ben);
    expect(await ask(3071, protocol)).toBe(ben);
  }
});

test("without a port, with one of another protocol, or with nobody's, none of them is named", async () => {
  const both = { verdict: "ambiguous", candidates: await sharers(low, high) };
  for (const question of [{}, { port: 1500, protocol: "icmp" }, { port: 1023, protocol: "tcp" }, { port: 3072 }])
    expect(await ask(question.port, question.protocol)).toEqual(both);
});

test("nor the only one that is known, without a port", async () => {
  const [anna] = await sharers(low);
  expect(await ask()).toEqual({ verdict: "ambiguous", candidates: [anna] });
  expect(await ask(4000)).toEqual({ verdict: "ambiguous", candidates: [anna] });
  expect(await ask(1500)).toBe(anna);
});

test("whoever has a port together with another, or with one whose ports nobody knows, is not named", async () => {
  const same = await sharers(low, "{[2000,2100)}");
  expect(await ask(2047)).toEqual({ verdict: "ambiguous", candidates: same });
  expect(await ask(1500)).toBe(same[0]);
  expect(await sharers(low, "{}").then(() => ask(1500))).toMatchObject({ verdict: "ambiguous" });
});

test("nor is one beside somebody who has the whole address: neither ends what the other holds", async () => {
  for (const ports of [
    [low, undefined],
    [undefined, low],
  ]) {
    const both = await sharers(...ports);
    expect(await ask(1500)).toEqual({ verdict: "ambiguous", candidates: both });
  }
});

test("ports that change within a session tell nothing, also of the time before", async () => {
  const [anna] = await sharers(low);
  expect(await ask(1500, "tcp", 300)).toBe(anna);
  await harness.inTurn(recordOf(last, "interim", 600, { ipv4: address, sharedPorts: high }));
  expect(await ask(1500, "tcp", 300)).toEqual({ verdict: "ambiguous", candidates: [anna] });
});
