import { setTimeout } from "node:timers/promises";
import { ipv4Of } from "../../simulator/subscriber-names.ts";
import type { ReportAnswer } from "./api-answers.ts";
import { type Demo, LINES } from "./demo-context.ts";
import { customerIdOf, nameOf } from "./demo-names.ts";
import { sinkholeReport } from "./demo-reports.ts";
import { heldMoment } from "./look-ups.ts";
import { GARDEN_FILTER } from "./set-up.ts";
import { showEnforcement } from "./show-enforcement.ts";
import { showInterim } from "./show-interim.ts";
import { showRelease } from "./show-release.ts";

const PAUSE_MS = 15_000;
const STAY_MS = 10_000;
/** Spreads over the lines. */
const STRIDE = 37;
/** A source may have 50 automatic measures an hour, and the base one in three customers: with this pace breakers would trip. */
const HOURLY_LIMIT = 1000;

async function oneRound(demo: Demo, line: number, stopped: AbortSignal): Promise<void> {
  const { story, admin } = demo;
  const at = await heldMoment(demo, line);
  const since = Date.now();
  story.tell(`a new report about ${ipv4Of(line)}`);
  const { cases } = await admin.post<ReportAnswer>(
    "/v1/reports?source=shadowserver",
    sinkholeReport([{ ip: ipv4Of(line), at }]),
  );
  const [caseId = ""] = cases;
  story.detail(`→ ${customerIdOf(line)} (${nameOf(line)}), case ${caseId}`);
  await showEnforcement(demo, { line, asked: "the report", since, kind: "coa" });
  await showInterim(demo, line, GARDEN_FILTER);
  await setTimeout(STAY_MS, undefined, { signal: stopped });
  await showRelease(demo, { line, caseId });
}

/**
 * Until it is stopped: every now and then a customer is reported, and let out again; never one of `busy`, whose story
 * is told already. Rejects when `stopped` says so.
 */
export async function nowAndThen(demo: Demo, busy: readonly number[], stopped: AbortSignal): Promise<never> {
  for (const breaker of ["source:shadowserver", "base"])
    await demo.admin.call("PUT", `/v1/breakers/${breaker}`, { limit: HOURLY_LIMIT, windowSeconds: 3600 });
  for (let round = 1; ; round += 1) {
    const line = (round * STRIDE) % LINES;
    if (busy.includes(line)) continue;
    await setTimeout(PAUSE_MS, undefined, { signal: stopped });
    await oneRound(demo, line, stopped);
  }
}
