import { expect, test } from "vitest";
import { createUnknownSenders } from "../../../src/listener/unknown-senders.ts";

function listening() {
  const told: string[] = [];
  const clock = { ms: 0 };
  const heard = createUnknownSenders({ now: () => new Date(clock.ms), tell: (address) => told.push(address) });
  return { told, clock, heard };
}

test("each address is told once a minute, however much it sends", () => {
  const { told, clock, heard } = listening();
  for (clock.ms = 0; clock.ms <= 60_000; clock.ms += 100) heard("192.0.2.1");
  heard("192.0.2.2");
  expect(told).toEqual(["192.0.2.1", "192.0.2.1", "192.0.2.2"]);
  clock.ms += 59_999;
  heard("192.0.2.2");
  expect(told).toHaveLength(3);
  clock.ms += 1;
  heard("192.0.2.2");
  expect(told).toHaveLength(4);
});

test("of thousands of addresses a hundred a minute are told", () => {
  const { told, clock, heard } = listening();
  for (let sender = 0; sender < 5_000; sender++) heard(`2001:db8::${sender.toString(16)}`);
  expect(told).toHaveLength(100);
  clock.ms += 60_000;
  heard("192.0.2.1");
  expect(told.at(-1)).toBe("192.0.2.1");
});
