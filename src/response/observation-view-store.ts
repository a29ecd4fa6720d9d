import type { Candidate } from "../attribution/attribute.ts";
import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import type { Category, Severity } from "../intake/category.ts";
import type { Json } from "../intake/observation.ts";

/** An observation as people and programs see it. Null: not known. */
export interface ObservationView {
  readonly id: string;
  readonly report: string;
  /** Its record's number in the report. */
  readonly row: number;
  readonly source: string;
  readonly at: Date;
  readonly until: Date | null;
  readonly ip: string;
  readonly port: number | null;
  readonly protocol: string | null;
  readonly category: Category;
  readonly severity: Severity;
  readonly name: string | null;
  readonly description: string | null;
  readonly evidence: { readonly [key: string]: Json };
  readonly verdict: "exact" | "ambiguous" | "none";
  readonly reason: string;
  readonly candidates: readonly CandidateView[];
  readonly subscriber: string | null;
  readonly session: string | null;
  readonly case: string | null;
  readonly receivedAt: Date;
  /** When it became known whose it is, where that was later; null: when it was received. */
  readonly attributedAt: Date | null;
}

export type CandidateView = Omit<Candidate, "from" | "to"> & { readonly from: Date; readonly to: Date | null };

export interface ObservationRow {
  readonly id: string;
  readonly report_id: string;
  readonly row_number: number;
  readonly source_id: string;
  readonly observed_at: Date;
  readonly observed_until: Date | null;
  readonly ip: string;
  readonly port: number | null;
  readonly protocol: string | null;
  readonly category: Category;
  readonly severity: Severity;
  readonly name: string | null;
  readonly description: string | null;
  readonly evidence: { readonly [key: string]: Json };
  readonly verdict: ObservationView["verdict"];
  readonly verdict_reason: string;
  readonly candidates: readonly { subscriber: string | null; session: string; from: string; to: string | null }[];
  readonly subscriber_id: string | null;
  readonly session_id: string | null;
  readonly case_id: string | null;
  readonly received_at: Date;
  readonly attributed_at: Date | null;
}

/** The columns of ObservationRow, of a table or alias named "observation". */
export const observationColumns = `observation.id, observation.report_id, observation.row_number, observation.source_id,
  observation.observed_at, observation.observed_until, host(observation.ip) as ip, observation.port, observation.protocol,
  observation.category, observation.severity, observation.name, observation.description, observation.evidence,
  observation.verdict, observation.verdict_reason, observation.candidates, observation.subscriber_id,
  observation.session_id, observation.case_id, observation.received_at, observation.attributed_at`;

export const observationFromRow = (row: ObservationRow): ObservationView => ({
  id: row.id,
  report: row.report_id,
  row: row.row_number,
  source: row.source_id,
  at: row.observed_at,
  until: row.observed_until,
  ip: row.ip,
  port: row.port,
  protocol: row.protocol,
  category: row.category,
  severity: row.severity,
  name: row.name,
  description: row.description,
  evidence: row.evidence,
  verdict: row.verdict,
  reason: row.verdict_reason,
  candidates: row.candidates.map((candidate) => ({
    ...candidate,
    from: new Date(candidate.from),
    to: candidate.to === null ? null : new Date(candidate.to),
  })),
  subscriber: row.subscriber_id,
  session: row.session_id,
  case: row.case_id,
  receivedAt: row.received_at,
  attributedAt: row.attributed_at,
});

export interface ObservationFilter {
  readonly subscriber?: string | undefined;
  readonly case?: string | undefined;
  readonly report?: string | undefined;
}

const isNumber = (id: string | undefined): boolean => id === undefined || /^\d{1,18}$/.test(id);
const isUuid = (id: string | undefined): boolean =>
  id === undefined || /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);

/** Newest first. Throws CursorError. Ids that cannot be any match nothing. */
export async function listObservations(
  on: Queryable,
  filter: ObservationFilter,
  page: PageRequest,
): Promise<Page<ObservationView>> {
  const [before] = page.cursor === undefined ? [] : readCursor(page.cursor, ["id"]);
  if (!isNumber(filter.case) || !isUuid(filter.report)) return { items: [], next: null };
  const rows = await on.query<ObservationRow>(
    `select ${observationColumns} from observation
     where ($1::text is null or observation.subscriber_id = $1)
       and ($2::bigint is null or observation.case_id = $2)
       and ($3::uuid is null or observation.report_id = $3)
       and ($4::bigint is null or observation.id < $4)
     order by observation.id desc limit $5`,
    [filter.subscriber ?? null, filter.case ?? null, filter.report ?? null, before ?? null, page.limit + 1],
  );
  const items = rows.slice(0, page.limit).map(observationFromRow);
  const last = items.at(-1);
  return { items, next: rows.length > page.limit && last ? writeCursor([last.id]) : null };
}

/** Whether a case has any. */
export async function hasObservations(on: Queryable, caseId: string): Promise<boolean> {
  const rows = await on.query("select from observation where observation.case_id = $1 limit 1", [caseId]);
  return rows.length > 0;
}
