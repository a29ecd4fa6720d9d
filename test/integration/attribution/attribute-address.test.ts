import { afterAll, beforeAll, expect, test } from "vitest";
import { attributeAddress, attributeAddresses } from "../../../src/attribution/attribute-address.ts";
import { createTestDatabase, type TestDatabase } from "../../support/test-database.ts";
import { customerAt, session, subscriber } from "../response/customers.ts";

let db: TestDatabase;
const noon = Date.UTC(2026, 10, 20, 12);
const at = (minutes: number) => new Date(noon + minutes * 60_000);

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

test("an address with a history answers for each of its times", async () => {
  for (const name of ["alice", "bob"]) await subscriber(db.database, name);
  const prefix = "203.0.113.1/32";
  const first = await session(db.database, { subscriber: "alice", prefix, from: at(0), to: at(60) });
  const second = await session(db.database, { subscriber: "bob", prefix, from: at(90) });
  const ask = (minutes: number, skewSeconds?: number) =>
    attributeAddress(db.database, { ip: "203.0.113.1", at: at(minutes), skewSeconds });
  expect(await ask(-1)).toMatchObject({ verdict: "none" });
  expect(await ask(30)).toMatchObject({ verdict: "exact", subscriber: "alice", session: first });
  expect(await ask(75)).toMatchObject({ verdict: "none" });
  expect(await ask(120)).toMatchObject({ verdict: "exact", subscriber: "bob", session: second });
  expect(await ask(75, 3600)).toMatchObject({ verdict: "ambiguous", candidates: [{ to: at(60) }, { to: null }] });
});

test("a customer's prefix holds every address in it, and no other", async () => {
  await subscriber(db.database, "six");
  await session(db.database, { subscriber: "six", prefix: "2001:db8:0:100::/56", from: at(0) });
  await session(db.database, { subscriber: "six", prefix: "10.9.8.0/29", from: at(0) });
  const verdicts = await attributeAddresses(
    db.database,
    ["2001:db8:0:1ff:ffff::1", "2001:db8:0:200::1", "10.9.8.7", "10.9.8.8"].map((ip) => ({ ip, at: at(10) })),
  );
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(["exact", "none", "exact", "none"]);
});

test("a session without a subscriber, and a removed subscriber, are not exact", async () => {
  await session(db.database, { subscriber: null, prefix: "203.0.113.2/32", from: at(0) });
  await session(db.database, { subscriber: "never-existed", prefix: "203.0.113.3/32", from: at(0) });
  for (const ip of ["203.0.113.2", "203.0.113.3"])
    expect(await attributeAddress(db.database, { ip, at: at(1) })).toMatchObject({
      verdict: "ambiguous",
      subscriber: null,
    });
});

test("a lost Stop does not make the next customer doubtful", async () => {
  for (const name of ["gone", "next"]) await subscriber(db.database, name);
  await session(db.database, { subscriber: "gone", prefix: "203.0.113.4/32", from: at(0), seen: at(30) });
  await session(db.database, { subscriber: "next", prefix: "203.0.113.4/32", from: at(60) });
  const ask = (minutes: number) => attributeAddress(db.database, { ip: "203.0.113.4", at: at(minutes) });
  expect(await ask(20)).toMatchObject({ verdict: "exact", subscriber: "gone" });
  expect(await ask(90)).toMatchObject({ verdict: "exact", subscriber: "next" });
});

test("two networks with the same private address are told to be doubtful", async () => {
  for (const name of ["here", "there"]) await subscriber(db.database, name);
  await session(db.database, { subscriber: "here", prefix: "10.0.0.1/32", from: at(0), nas: "bng1" });
  await session(db.database, { subscriber: "there", prefix: "10.0.0.1/32", from: at(5), nas: "bng2" });
  expect(await attributeAddress(db.database, { ip: "10.0.0.1", at: at(60) })).toMatchObject({ verdict: "ambiguous" });
});

test("ten thousand questions are answered in one go, in their order", async () => {
  for (let index = 0; index < 50; index++) await customerAt(db.database, `c${index}`, `198.51.100.${index}`, at(0));
  const questions = Array.from({ length: 10_000 }, (_, index) => ({ ip: `198.51.100.${index % 100}`, at: at(5) }));
  const started = performance.now();
  const answers = await attributeAddresses(db.database, questions);
  expect(performance.now() - started).toBeLessThan(10_000);
  answers.forEach(({ subscriber: name }, index) => {
    expect(name).toBe(index % 100 < 50 ? `c${index % 100}` : null);
  });
});

test("no questions, no answers", async () => {
  expect(await attributeAddresses(db.database, [])).toEqual([]);
});
