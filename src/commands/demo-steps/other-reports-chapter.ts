import { ipv4Of } from "../../simulator/subscriber-names.ts";
import type { ReportAnswer } from "./api-answers.ts";
import type { Posted } from "./api-client.ts";
import type { Demo } from "./demo-context.ts";
import { customerIdOf } from "./demo-names.ts";
import { infectedHostReport, type Seen, suricataAlert } from "./demo-reports.ts";
import { heldMoment } from "./look-ups.ts";
import { GARDEN_FILTER } from "./set-up.ts";
import { showEnforcement } from "./show-enforcement.ts";
import { showInterim } from "./show-interim.ts";
import { observationsOf } from "./sinkhole-chapter.ts";

interface OtherReport {
  readonly line: number;
  readonly source: string;
  readonly what: string;
  readonly make: (seen: Seen) => Posted;
}

/** Follows a report up to the garden; resolves with its case. */
async function follow(demo: Demo, { line, source, what, make }: OtherReport): Promise<Gardened> {
  const { story, admin } = demo;
  const at = await heldMoment(demo, line);
  const postedAt = Date.now();
  story.tell(`POST /v1/reports?source=${source}: ${what} about ${ipv4Of(line)}`);
  const report = await admin.post<ReportAnswer>(`/v1/reports?source=${source}`, make({ ip: ipv4Of(line), at }));
  const [observation] = await observationsOf(demo, report.id);
  story.detail(
    `${observation?.category}, "${observation?.name}" → ${observation?.verdict}: ${observation?.subscriber}`,
  );
  const isOwn = observation?.verdict === "exact" && observation.subscriber === customerIdOf(line);
  const [caseId = ""] = report.cases;
  const found = { report, observation };
  story.verify(`it opens case ${caseId} of ${customerIdOf(line)}`, isOwn && report.cases.length === 1, found);
  await showEnforcement(demo, { line, asked: "the report", since: postedAt, kind: "coa" });
  await showInterim(demo, line, GARDEN_FILTER);
  return { line, caseId };
}

/** A customer who is in the garden now, and the case that put it there. */
export interface Gardened {
  readonly line: number;
  readonly caseId: string;
}

/** The two other ways of finding out: another third party's format, and the ISP's own monitoring. */
export async function otherReportsChapter(
  demo: Demo,
  lines: { readonly xarf: number; readonly ids: number },
): Promise<readonly Gardened[]> {
  demo.story.chapter("An XARF report, and an alert of the ISP's own monitoring");
  const xarf = await follow(demo, {
    line: lines.xarf,
    source: "national-cert",
    what: "XARF v4, connection/infected_host,",
    make: infectedHostReport,
  });
  const ids = await follow(demo, {
    line: lines.ids,
    source: "own-ids",
    what: "a Suricata EVE alert",
    make: suricataAlert,
  });
  return [xarf, ids];
}
