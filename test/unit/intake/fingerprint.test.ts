import { expect, test } from "vitest";
import { fingerprint } from "../../../src/intake/fingerprint.ts";
import { observationsIn, readJson } from "./reports.ts";

const base = {
  ip: "203.0.113.9",
  port: 1,
  protocol: "tcp",
  at: "2026-11-20T11:00:00Z",
  category: "botnet",
  name: "virut",
};
const printOf = async (changes: object) => {
  const [observation] = observationsIn(await readJson([{ ...base, ...changes }]));
  if (!observation) throw new Error("not read");
  return fingerprint(observation);
};

test.each<object>([
  { evidence: { x: 1 } },
  { description: "again" },
  { at: "2026-11-20T12:00:00+01:00" },
  { ip: "::ffff:203.0.113.9" },
  { category: "malware" },
  { severity: "low" },
])("%j is the same claim", async (changes) => {
  expect(await printOf(changes)).toBe(await printOf({}));
});

test.each<object>([
  { ip: "203.0.113.10" },
  { port: 2 },
  { protocol: "udp" },
  { at: "2026-11-20T11:00:01Z" },
  { until: "2026-11-20T11:30:00Z" },
  { category: "spam" },
  { name: "zeus" },
  { destinationIp: "192.0.2.1" },
])("%j is another claim", async (changes) => {
  expect(await printOf(changes)).not.toBe(await printOf({}));
});
