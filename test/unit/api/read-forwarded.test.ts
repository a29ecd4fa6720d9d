import fastify from "fastify";
import { expect, test } from "vitest";
import { forwardedFor, readForwarded } from "../../../src/api/read-forwarded.ts";

test.each([
  ["for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"]],
  ['For="[2001:db8:cafe::17]:4711"', ["2001:db8:cafe::17"]],
  ['for=192.0.2.43, for="[2001:db8:cafe::17]"', ["192.0.2.43", "2001:db8:cafe::17"]],
  ['by="a,for=192.0.2.9";for="192.0.2.43:47011"', ["192.0.2.43"]],
  ["for=192.0.2.1, for=unknown, for=192.0.2.2", ["192.0.2.2"]],
  ['for="_gazonk"', []],
  ["proto=https", []],
  ['for="192.0.2.1', []],
  ["", []],
])("rfc7239 section 4: %s names %j", (header, expected) => {
  expect(forwardedFor(header)).toEqual(expected);
});

async function clientOf(headers: Record<string, string>, remoteAddress = "127.0.0.1"): Promise<string> {
  const app = fastify({ trustProxy: ["127.0.0.1"] });
  readForwarded(app);
  app.get("/", async (request) => request.ip);
  const { body } = await app.inject({ url: "/", headers, remoteAddress });
  await app.close();
  return body;
}

test("a trusted proxy's Forwarded names the client", async () => {
  expect(await clientOf({ forwarded: 'for=198.51.100.7, for="[2001:db8::1]"' })).toBe("2001:db8::1");
  expect(await clientOf({ forwarded: "for=198.51.100.7" })).toBe("198.51.100.7");
});

test("nobody else's does", async () => {
  expect(await clientOf({ forwarded: "for=198.51.100.7" }, "192.0.2.99")).toBe("192.0.2.99");
});

test("where Forwarded and X-Forwarded-For contradict each other, one is the client's own: neither counts", async () => {
  const headers = { forwarded: "for=198.51.100.7", "x-forwarded-for": "198.51.100.8" };
  expect(await clientOf(headers)).toBe("127.0.0.1");
  expect(await clientOf({ ...headers, "x-forwarded-for": "198.51.100.7" })).toBe("198.51.100.7");
});
