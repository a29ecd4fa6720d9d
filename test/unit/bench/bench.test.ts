import { expect, test } from "vitest";
import { readOptions } from "../../../bench/bench-options.ts";
import { readRadloadFigures } from "../../../bench/generator.ts";
import { median, quantile } from "../../../bench/median.ts";
import { sinkholeReport } from "../../../bench/sinkhole-report.ts";
import { decodePacket } from "../../../src/radius/decode-packet.ts";
import { verifyRequest } from "../../../src/radius/verify-packet.ts";
import { prepareAccess, prepareAccounting } from "../../../src/simulator/load/prepared-request.ts";
import { observationsIn, readBody } from "../intake/reports.ts";

const secret = Buffer.from("testing123");
const options = { secret, sessions: 2, nasAddress: "127.0.0.1" };

test.each([
  ["accounting", prepareAccounting],
  ["access", prepareAccess],
])("a prepared %s request is authentic under whatever identifier it gets", (_, prepare) => {
  const decoded = decodePacket(prepare(3, options).sealed(200));
  if (!decoded.ok) throw new Error(decoded.reason);
  expect(decoded.packet.identifier).toBe(200);
  expect(verifyRequest(decoded.packet, secret).ok).toBe(true);
  expect(verifyRequest(decoded.packet, Buffer.from("another")).ok).toBe(false);
});

test("the figures of the other generator are read from its line", () => {
  const line =
    "sent=9 answered=8 accepted=7 rejected=1 retransmits=3 lost=1 bad=0 seconds=0.5 per_second=16 p50_ms=1.25 p95_ms=2.50 p99_ms=3.00 max_ms=9.75";
  expect(readRadloadFigures(`acct ${line}`)).toEqual({
    ...{ sent: 9, answered: 8, accepted: 7, rejected: 1, retransmits: 3, lost: 1, bad: 0 },
    ...{ seconds: 0.5, perSecond: 16, p50Ms: 1.25, p95Ms: 2.5, p99Ms: 3, maxMs: 9.75 },
  });
});

test("a median is a value that was measured", () => {
  expect(median([5, 1, 9])).toBe(5);
  expect(median([4, 1, 9, 5])).toBe(4);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.9)).toBe(10);
});

test("the built-in report is one sinkhole observation of the address and time that it is made for", async () => {
  const text = sinkholeReport(undefined)("100.64.0.9", new Date("2026-11-20T10:00:00Z"));
  const reading = await readBody("text/csv", text, { reportType: "event4_sinkhole" });
  expect(observationsIn(reading)).toMatchObject([{ ip: "100.64.0.9", at: new Date("2026-11-20T10:00:00Z") }]);
});

test("an unknown suite or a count that is none is a problem, not a run", () => {
  expect(readOptions(["--suite", "nothing"], {}).kind).toBe("problem");
  expect(readOptions(["--runs", "0"], {}).kind).toBe("problem");
  expect(readOptions(["--unknown"], {}).kind).toBe("problem");
  expect(readOptions(["--suite", "coa", "--runs", "2"], {})).toMatchObject({ options: { suites: ["coa"], runs: 2 } });
});
