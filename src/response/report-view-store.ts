import type { Queryable } from "../database/database.ts";
import type { Rejection } from "../intake/observation.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface ReportView {
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
      cases: row.cases,
    }
  );
}
