import { expect, test } from "vitest";
import { seededRandom } from "../../../src/simulator/seeded-random.ts";
import {
  delegatedPrefixOf,
  ipv4Of,
  macOf,
  numberOf,
  passwordOf,
  sessionIdOf,
  usernameOf,
} from "../../../src/simulator/subscriber-names.ts";

test("everything about a subscriber follows from its number", () => {
  expect([usernameOf(7), passwordOf(7), sessionIdOf(7, 1), ipv4Of(7), macOf(7), delegatedPrefixOf(7)]).toEqual([
    "user0000007@isp.example",
    "pw-0000007",
    "S0000000007",
    "100.64.0.7",
    "02:00:00:00:00:07",
    "2001:db8:0:700::/56",
  ]);
  expect([sessionIdOf(70_000, 1), ipv4Of(70_000), delegatedPrefixOf(70_000)]).toEqual([
    "S0000011170",
    "100.65.17.112",
    "2001:db8:111:7000::/56",
  ]);
});

test("a new login has a new session id", () => {
  expect(sessionIdOf(7, 2)).toBe("S0000000007-2");
});

test("a username of ours leads back to its number, and no other does", () => {
  expect(numberOf(usernameOf(123))).toBe(123);
  expect(numberOf("anna@isp.example")).toBeUndefined();
});

test("the same seed gives the same numbers, spread over the whole range", () => {
  const [one, two] = [seededRandom(7), seededRandom(7)];
  const numbers = Array.from({ length: 1000 }, one);
  expect(Array.from({ length: 1000 }, two)).toEqual(numbers);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(numbers.filter((number) => number < 0.5).length).toBeGreaterThan(400);
  expect(numbers.filter((number) => number < 0.5).length).toBeLessThan(600);
});
