import type { Queryable } from "../database/database.ts";
import type { Rejection } from "../intake/observation.ts";
import { MOST_ROWS_TOLD, type VerdictCounts, type VerdictShare, verdictCounts } from "./verdict-counts.ts";
import { isNotExactWhy } from "./why-not-exact.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `verdicts` and `notExact` say how its observations are attributed by now. */
export interface ReportView extends VerdictCounts {
  readonly id: string;
  readonly source: string;
  readonly receivedAt: Date;
  readonly format: string;
  /** Of the body as posted, hex. */
  readonly sha256: string;
  readonly byteCount: number;
  readonly accepted: number;
  readonly duplicates: number;
  /** By row, the first thousand. */
  readonly rejected: readonly Rejection[];
  /** How many there are, where there are more than that. */
  readonly rejectedCount?: number;
  /** Cases that its observations belong to. */
  readonly cases: readonly string[];
}

interface ReportRow {
  readonly id: string;
  readonly source_id: string;
  readonly received_at: Date;
  readonly format: string;
  readonly sha256: string;
  readonly byte_count: string;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly Rejection[];
  readonly rejected_count: number;
  readonly cases: readonly string[];
}

interface ShareRow {
  readonly verdict: VerdictShare["verdict"];
  readonly verdict_why: string | null;
  readonly count: number;
  readonly rows: readonly number[];
}

async function sharesOf(on: Queryable, reportId: string): Promise<VerdictShare[]> {
  const rows = await on.query<ShareRow>(
    `select observation.verdict, observation.verdict_why, count(*)::int as count,
       (array_agg(observation.row_number order by observation.row_number))[:${MOST_ROWS_TOLD}] as rows
     from observation where observation.report_id = $1 group by observation.verdict, observation.verdict_why`,
    [reportId],
  );
  return rows.map(({ verdict, verdict_why: why, count, rows: numbers }) => ({
    verdict,
    why: isNotExactWhy(why) ? why : undefined,
    count,
    rows: numbers,
  }));
}

/** Undefined: there is none of that id. */
export async function reportById(on: Queryable, id: string): Promise<ReportView | undefined> {
  if (!uuid.test(id)) return undefined;
  const [row] = await on.query<ReportRow>(
    `select report.id, report.source_id, report.received_at, report.format, report.sha256, report.byte_count, report.accepted,
       report.duplicates, report.rejected, report.rejected_count,
       array(select distinct observation.case_id::text from observation
         where observation.report_id = report.id and observation.case_id is not null) as cases
     from report where report.id = $1`,
    [id],
  );
  return (
    row && {
      id: row.id,
      source: row.source_id,
      receivedAt: row.received_at,
      format: row.format,
      sha256: row.sha256,
      byteCount: Number(row.byte_count),
      accepted: row.accepted,
      duplicates: row.duplicates,
      rejected: row.rejected,
      ...(row.rejected_count > row.rejected.length && { rejectedCount: row.rejected_count }),
      ...verdictCounts(await sharesOf(on, row.id)),
      cases: row.cases,
    }
  );
}
