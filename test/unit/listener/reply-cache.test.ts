import { expect, test } from "vitest";
import { ReplyCache } from "../../../src/listener/reply-cache.ts";

const origin = { address: "192.0.2.1", port: 40_000, code: 4, identifier: 7 };
const proof = Buffer.alloc(16, 1);
const reply = Buffer.from("0507001400112233445566778899aabbccddeeff", "hex");

function started(cache: ReplyCache, from: typeof origin, at: number) {
  const known = cache.lookUp(from, proof, at);
  if (known.kind !== "new") throw new Error(`known already: ${known.kind}`);
  return known.request;
}

test("a request is in progress until it is answered, then has its reply until its time is over", () => {
  const cache = new ReplyCache({ maxEntries: 10, keepMs: 30_000 });
  const request = started(cache, origin, 0);
  expect(cache.lookUp(origin, proof, 10)).toEqual({ kind: "in-progress" });
  request.answer(reply);
  expect(cache.lookUp(origin, proof, 30_000)).toEqual({ kind: "answered", reply });
  expect(cache.lookUp(origin, proof, 30_001).kind).toBe("new");
});

test("one that came to nothing may be tried again", () => {
  const cache = new ReplyCache({ maxEntries: 10, keepMs: 30_000 });
  started(cache, origin, 0).forget();
  expect(cache.lookUp(origin, proof, 1).kind).toBe("new");
});

test("another port, code, identifier, address or authenticator is another request", () => {
  const cache = new ReplyCache({ maxEntries: 10, keepMs: 30_000 });
  started(cache, origin, 0).answer(reply);
  for (const change of [{ port: 40_001 }, { code: 1 }, { identifier: 8 }, { address: "192.0.2.2" }])
    expect(cache.lookUp({ ...origin, ...change }, proof, 1).kind).toBe("new");
  expect(cache.lookUp(origin, Buffer.alloc(16, 2), 1).kind).toBe("new");
});

test("the end of a request that another took the place of does not touch that one", () => {
  const cache = new ReplyCache({ maxEntries: 10, keepMs: 30_000 });
  const old = started(cache, origin, 0);
  const other = Buffer.alloc(16, 2);
  expect(cache.lookUp(origin, other, 1).kind).toBe("new");
  old.forget();
  expect(cache.lookUp(origin, other, 2)).toEqual({ kind: "in-progress" });
});

test("it never holds more than its bound, and lets the oldest go", () => {
  const cache = new ReplyCache({ maxEntries: 100, keepMs: 30_000 });
  for (let port = 0; port < 1_000; port++) started(cache, { ...origin, port }, port).answer(reply);
  expect(cache.size).toBe(100);
  expect(cache.lookUp({ ...origin, port: 999 }, proof, 1_000).kind).toBe("answered");
  expect(cache.lookUp({ ...origin, port: 899 }, proof, 1_000).kind).toBe("new");
});
