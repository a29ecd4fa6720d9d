import { ipv4Of } from "../../simulator/subscriber-names.ts";
import type { CaseAnswer, List, ObservationAnswer, ReportAnswer } from "./api-answers.ts";
import type { Demo } from "./demo-context.ts";
import { customerIdOf, nameOf } from "./demo-names.ts";
import { sinkholeReport } from "./demo-reports.ts";
import { grantedLines, loginAgain } from "./login-again.ts";
import { caseById, heldMoment, recordedLogin } from "./look-ups.ts";
import { GARDEN_FILTER } from "./set-up.ts";
import { showEnforcement } from "./show-enforcement.ts";
import { showInterim } from "./show-interim.ts";
import { showRelease } from "./show-release.ts";

/** In the BNG's range, and beyond its last line. */
const NOBODYS_ADDRESS = "100.64.200.200";

export const observationsOf = async ({ admin }: Demo, report: string): Promise<readonly ObservationAnswer[]> =>
  (await admin.call<List<ObservationAnswer>>("GET", `/v1/observations?report=${report}`)).items;

interface Posted {
  readonly answer: ReportAnswer;
  /** The moment before: what follows is measured from here, and not from before there was a time to report. */
  readonly at: number;
}

async function postSinkhole(demo: Demo, line: number): Promise<Posted> {
  const { story, admin } = demo;
  const at = await heldMoment(demo, line);
  const rows = [
    { ip: ipv4Of(line), at },
    { ip: NOBODYS_ADDRESS, at },
    { ip: ipv4Of(line + 1), at: "the day before yesterday" },
  ];
  const posted = sinkholeReport(rows);
  const postedAt = new Date();
  story.tell(`POST /v1/reports?source=shadowserver, ${posted.fileName}, ${rows.length} rows`, postedAt);
  const answer = await admin.post<ReportAnswer>("/v1/reports?source=shadowserver", posted);
  story.detail(`row 1 says: ${ipv4Of(line)} called the sinkhole of a botnet (andromeda) at ${at.toISOString()}`);
  story.detail(
    `row 2 says the same of ${NOBODYS_ADDRESS}, and row 3 of ${ipv4Of(line + 1)} at no time that can be read`,
  );
  for (const { row, code, detail } of answer.rejected) story.detail(`row ${row} is rejected: ${code}, ${detail}`);
  story.verify("two rows are taken", answer.accepted === 2, answer);
  const [broken] = answer.rejected;
  story.verify("the broken row is named with its code", broken?.row === 3, answer.rejected);
  return { answer, at: postedAt.getTime() };
}

function tellRule({ story }: Demo, one: CaseAnswer): void {
  const { playbook } = one;
  const what = `case ${one.id}: ${one.category} of ${one.subscriber}, stage ${one.stage}, state ${one.state}`;
  story.tell(what, new Date(one.openedAt));
  story.detail(`rule: playbook ${playbook?.id} version ${playbook?.version}`);
  for (const { kind, note } of one.timeline) story.detail(`    ${kind}${note === null ? "" : `: ${note}`}`);
}

async function tellAttribution(demo: Demo, line: number, report: ReportAnswer): Promise<void> {
  const { story } = demo;
  const observations = await observationsOf(demo, report.id);
  const own = observations.find(({ row }) => row === 1);
  const at = new Date(own?.receivedAt ?? Date.now());
  story.tell(`row 1 → ${own?.verdict}: ${own?.subscriber} (${nameOf(line)})`, at);
  story.detail(`why: ${own?.reason}`);
  story.verify(
    `the row belongs to ${customerIdOf(line)}, who held the address then`,
    own?.verdict === "exact" && own.subscriber === customerIdOf(line),
    own,
  );
  const nobody = observations.find(({ row }) => row === 2);
  story.tell(`row 2 → ${nobody?.verdict}: ${nobody?.reason}`, at);
  story.verify("nobody held that address: no customer, no case, no measure", isNobodys(nobody), nobody);
}

const isNobodys = (one: ObservationAnswer | undefined): boolean =>
  one?.verdict === "none" && one.subscriber === null && one.case === null;

/** Report → observation → customer → case → rule → CoA → ACK → Interim → next login → release → CoA → ACK → Interim. */
export async function sinkholeChapter(demo: Demo, line: number): Promise<string> {
  const { story } = demo;
  story.chapter("A Shadowserver report: from a row to a walled garden, and out again");
  const { answer: report, at: postedAt } = await postSinkhole(demo, line);
  await tellAttribution(demo, line, report);
  const [caseId = ""] = report.cases;
  story.verify("one case was opened", report.cases.length === 1, report.cases);
  const opened = await caseById(demo, caseId);
  tellRule(demo, opened);
  const measure = opened.measures.find(({ kind }) => kind === "walled-garden");
  story.verify("the rule ordered a walled garden", measure !== undefined, opened.measures);
  await showEnforcement(demo, { line, asked: "the report", since: postedAt, kind: "coa", isShown: true });
  await showInterim(demo, line, GARDEN_FILTER);

  const login = await loginAgain(demo, line);
  story.detail(...grantedLines(demo, login));
  const carries = login.attributes.some(({ name, value }) => name === "Filter-Id" && value === GARDEN_FILTER);
  story.verify("the new session's Access-Accept carries the garden: no way round by a new login", carries);

  await recordedLogin(demo, line);
  await showRelease(demo, { line, caseId, isShown: true });
  return caseId;
}
