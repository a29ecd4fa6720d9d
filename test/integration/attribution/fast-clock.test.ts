import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, startApi } from "../api/api-under-test.ts";
import { customerAt, session, subscriber } from "../response/customers.ts";
import { measuresOf } from "../response/reporter.ts";

let api: ApiUnderTest;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const ahead = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

beforeAll(async () => {
  api = await startApi();
  for (const name of ["before", "after"]) await subscriber(api.database, name);
  const prefix = "203.0.113.1/32";
  await session(api.database, { subscriber: "before", prefix, from: minutesAgo(600), to: minutesAgo(2) });
  await session(api.database, { subscriber: "after", prefix, from: minutesAgo(1) });
  await customerAt(api.database, "settled", "203.0.113.2", minutesAgo(600));
  await api.call("PUT", "/v1/sources/fast", { json: { kind: "third-party", trust: 100 } });
});
afterAll(() => api.stop());

test("a report whose clock is nine minutes fast gardens nobody where the address changed hands meanwhile", async () => {
  const at = ahead(540);
  const rows = ["203.0.113.1", "203.0.113.2"].map((ip) => ({ ip, at, category: "botnet" }));
  const answer = await api.call("POST", "/v1/reports?source=fast", { json: rows });
  expect(answer.body).toMatchObject({ accepted: 2, rejected: [] });
  for (const name of ["before", "after"]) expect(await measuresOf(api.database, name)).toEqual([]);
  expect(await measuresOf(api.database, "settled")).toMatchObject([{ kind: "walled-garden" }]);
});

test("a question about a time ahead is answered by the same rule, one by one and in bulk", async () => {
  const verdict = async (ip: string, seconds: number) =>
    (await api.call("GET", `/v1/attribution?ip=${ip}&at=${ahead(seconds)}`)).body.verdict;
  expect(await verdict("203.0.113.1", 540)).toBe("ambiguous");
  expect(await verdict("203.0.113.1", 0)).toBe("exact");
  expect(await verdict("203.0.113.2", 540)).toBe("exact");
  expect(await verdict("203.0.113.2", 86_400)).toBe("ambiguous");
  const lines = [`{"ip":"203.0.113.1","at":"${ahead(540)}"}`, `{"ip":"203.0.113.1"}`].join("\n");
  const many = await api.call("POST", "/v1/attribution", {
    body: lines,
    headers: { "content-type": "application/x-ndjson" },
  });
  expect(many.text.split("\n").flatMap((line) => (line === "" ? [] : JSON.parse(line).verdict))).toEqual([
    "ambiguous",
    "exact",
  ]);
});
