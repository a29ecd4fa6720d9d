import type { Queryable } from "../database/database.ts";
import type { ReportAnswer } from "../response/receive-report.ts";
import { rejectedRows } from "./rejected-rows.ts";
import { type ReportedCase, reportedCases } from "./reported-case-store.ts";
import { textTable } from "./text-table.ts";

const MOST_CASES = 100;

/** What the playbook made of it: its stage, or why there is none. */
function stageText({ stage, withheld, state }: ReportedCase): string {
  if (withheld !== null) return `${state}, no measure: ${withheld}`;
  return stage === null ? state : `${state}, stage ${stage}`;
}

const caseRow = (one: ReportedCase): string[] => [
  `case ${one.id}`,
  one.subscriber ?? "(nobody for sure)",
  one.category,
  stageText(one),
];

const countOf = (count: number): string => (count === 1 ? "1 row" : `${count.toLocaleString("en")} rows`);

/** "2 rows (3, 7): nobody held the address at that time" */
function notExactText({ notExact, attributedLater, accepted }: ReportAnswer): string {
  const lines = notExact.map(({ count, rows, reason }) => {
    const more = count > rows.length ? ", …" : "";
    return `${countOf(count)}${accepted > 1 ? ` (${rows.join(", ")}${more})` : ""}: ${reason}\n`;
  });
  const later = attributedLater ? `${countOf(attributedLater)} sent before: attributed by now\n` : "";
  return lines.join("") + later;
}

/** What became of a report, for people: counts, then each rejected row, why others name nobody for sure, then each case with whom it is about. */
export async function reportText(on: Queryable, answer: ReportAnswer): Promise<string> {
  const { id, accepted, duplicates, rejected, rejectedCount = rejected.length, cases } = answer;
  const counts = `report ${id}: accepted ${accepted}, duplicates ${duplicates}, rejected ${rejectedCount}\n`;
  const shown = await reportedCases(on, cases.slice(0, MOST_CASES));
  const more = cases.length - shown.length;
  const rest = more > 0 ? `and ${more.toLocaleString("en")} more cases\n` : "";
  const rows = rejectedRows(rejected, rejectedCount) + notExactText(answer);
  if (accepted > 0 && cases.length === 0) return `${counts}${rows}no case came of it\n`;
  return counts + rows + textTable(shown.map(caseRow)) + rest;
}
