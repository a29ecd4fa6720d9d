import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { arriving } from "../../../src/api/bodies/arriving.ts";
import { createBodyBudget } from "../../../src/api/bodies/body-budget.ts";
import { gatheredOctets } from "../../../src/api/bodies/gathered-octets.ts";

const budget = () =>
  createBodyBudget({
    smallOctets: 10,
    small: { octets: 40, octetsPerKey: 20, bodiesPerKey: 3 },
    large: { octets: 200, octetsPerKey: 120, bodiesPerKey: 2 },
  });

test("a large body reserves what it announces, and gives it back once", () => {
  const { enter } = budget();
  const first = enter("a", 120);
  expect(first).toBeDefined();
  expect(enter("b", 81)).toBeUndefined();
  expect(enter("b", 80)).toBeDefined();
  expect(enter("c", 11)).toBeUndefined();
  first?.end();
  first?.end();
  expect(enter("c", 120)).toBeDefined();
  expect(enter("d", 11)).toBeUndefined();
});

test("one key has its share of the octets and of the bodies, and no more", () => {
  const { enter } = budget();
  expect(enter("a", 121)).toBeUndefined();
  expect([enter("a", 11), enter("a", 11)].every(Boolean)).toBe(true);
  expect(enter("a", 11)).toBeUndefined();
  expect(enter("b", 120)).toBeDefined();
});

test("a body of no known length takes room as it comes, and is large from where small ends", () => {
  const { enter } = budget();
  const growing = enter("a", undefined);
  expect(growing?.grow(10)).toBe(true);
  expect(growing?.grow(90)).toBe(true);
  expect(enter("b", 120)).toBeUndefined();
  expect(growing?.grow(21)).toBe(false);
  growing?.end();
  expect(enter("b", 120)).toBeDefined();
});

test("small bodies are kept out by no number of large ones, and leave when they have come", () => {
  const { enter } = budget();
  expect([enter("a", 100), enter("b", 100)].every(Boolean)).toBe(true);
  expect(enter("c", 11)).toBeUndefined();
  for (let count = 0; count < 100; count += 1) {
    const small = enter("a", 10);
    expect(small?.grow(10)).toBe(true);
    small?.arrived();
  }
  const unfinished = [enter("a", 10), enter("a", 10), enter("a", 10)];
  expect(unfinished.map((one) => one?.grow(10))).toEqual([true, true, false]);
  expect(enter("a", 1)).toBeUndefined();
  expect(enter("b", 10)?.grow(10)).toBe(true);
});

test("what comes in many pieces is one, whether its length was known or not", () => {
  const pieces = Array.from({ length: 30_000 }, (_, index) => Buffer.from(`${index},`));
  const all = Buffer.concat(pieces);
  for (const reserved of [undefined, all.length]) {
    const octets = gatheredOctets(reserved);
    for (const piece of pieces) octets.add(piece);
    expect(octets.whole().equals(all)).toBe(true);
  }
  expect(gatheredOctets(undefined).whole()).toHaveLength(0);
});

/** A sender whose pieces come when they are pushed. */
const sender = () => new Readable({ read: () => undefined });
const readAll = async (raw: Readable, withinMs: number) => {
  let length = 0;
  for await (const piece of arriving(raw, { limit: 1000, pace: { octets: 100, withinMs } })) length += piece.length;
  return length;
};

test("a body that stops is given up, and so is one that drips", async () => {
  const stopped = sender();
  stopped.push(Buffer.alloc(99));
  await expect(readAll(stopped, 60)).rejects.toMatchObject({ code: "body-too-slow" });
  const dripping = sender();
  const drops = setInterval(() => dripping.push(Buffer.alloc(1)), 10);
  await expect(readAll(dripping, 60)).rejects.toMatchObject({ code: "body-too-slow" });
  clearInterval(drops);
});

test("one that keeps the pace takes longer than that, and a reader that is slow costs it nothing", async () => {
  const raw = sender();
  const from = performance.now();
  const pieces = setInterval(() => raw.push(Buffer.alloc(100)), 40);
  setTimeout(() => raw.push(null), 400);
  expect(await readAll(raw, 200)).toBeGreaterThan(200);
  expect(performance.now() - from).toBeGreaterThan(300);
  clearInterval(pieces);
  const ready = Readable.from([Buffer.alloc(1), Buffer.alloc(1)]);
  let read = 0;
  for await (const piece of arriving(ready, { limit: 10, pace: { octets: 100, withinMs: 30 } })) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    read += piece.length;
  }
  expect(read).toBe(2);
});

test("one that is longer than may be, or breaks off, says so", async () => {
  await expect(readAll(Readable.from([Buffer.alloc(1001)]), 1000)).rejects.toMatchObject({ code: "body-too-large" });
  const broken = sender();
  setTimeout(() => broken.destroy(new Error("gone")), 10);
  await expect(readAll(broken, 1000)).rejects.toMatchObject({ code: "invalid-request" });
});
