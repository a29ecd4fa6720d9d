import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, adminKey, startApi } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** A request as it comes from an address. */
const from = async (remoteAddress: string, path: string, key?: string) => {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return await api.app.inject({ method: "GET", url: path, remoteAddress, headers });
};

test("an address that asks without a key, and without end, is told to wait; others and valid keys are not", async () => {
  const attacker = "198.51.100.1";
  const paths = ["/livez", "/openapi.json", "/nothing", "/docs/static/weir.css"];
  const statuses = new Map<number, number>();
  for (let round = 0; round < 1_100; round += 1) {
    const { statusCode } = await from(attacker, paths[round % paths.length] ?? "");
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
  }
  expect(statuses.get(429)).toBeGreaterThanOrEqual(90);
  expect(statuses.get(200)).toBeGreaterThanOrEqual(500);
  const refused = await from(attacker, "/metrics");
  expect(refused.json()).toMatchObject({ status: 429, code: "too-many-failures" });
  expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(10);
  expect((await from(attacker, "/metrics", "nobody")).statusCode).toBe(429);
  expect((await from(attacker, "/metrics", adminKey)).statusCode).toBe(200);
  expect((await from("198.51.100.2", "/readyz")).statusCode).toBe(200);
});

test("what /metrics and /readyz say is made few times for many askers", async () => {
  const made = { count: 0 };
  const get = api.metrics.metrics.bind(api.metrics);
  api.metrics.metrics = async () => {
    made.count += 1;
    return await get();
  };
  const began = performance.now();
  for (let round = 0; round < 20; round += 1) {
    const answers = await Promise.all(Array.from({ length: 30 }, () => from("198.51.100.3", "/metrics")));
    for (const { statusCode, body } of answers) {
      expect(statusCode).toBe(200);
      expect(body).toContain("weir_http_requests_total");
    }
  }
  expect(made.count).toBeLessThanOrEqual(6 + (performance.now() - began) / 200);
});
