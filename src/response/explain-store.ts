import type { Queryable } from "../database/database.ts";
import type { Measure } from "../enforcement/measure.ts";
import { type MeasureRow, measureColumns, measureFromRow } from "../enforcement/measure-store.ts";
import { type CaseEventView, inWordsOfMeasures } from "./case-view-store.ts";
import {
  type ObservationRow,
  type ObservationView,
  observationColumns,
  observationFromRow,
} from "./observation-view-store.ts";

/** The report that an observation came in, as its sender's copy can be compared with. */
export interface ReportOrigin {
  readonly id: string;
  readonly source: string;
  readonly sourceTrust: number;
  readonly format: string;
  readonly receivedAt: Date;
  readonly sha256: string;
  readonly byteCount: number;
}

interface OriginRow {
  readonly id: string;
  readonly source_id: string;
  readonly trust: number;
  readonly format: string;
  readonly received_at: Date;
  readonly sha256: string;
  readonly byte_count: string;
}

export async function reportOrigins(on: Queryable, ids: readonly string[]): Promise<Map<string, ReportOrigin>> {
  const rows = await on.query<OriginRow>(
    `select report.id, report.source_id, source.trust, report.format, report.received_at, report.sha256, report.byte_count
     from report join source on source.id = report.source_id where report.id = any ($1::uuid[])`,
    [ids],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        source: row.source_id,
        sourceTrust: row.trust,
        format: row.format,
        receivedAt: row.received_at,
        sha256: row.sha256,
        byteCount: Number(row.byte_count),
      },
    ]),
  );
}

/** Every decision in a case's timeline, oldest first. */
export async function decisionsOf(on: Queryable, caseId: string): Promise<CaseEventView[]> {
  const rows = await on.query<CaseEventView>(
    `select case_event.at, case_event.kind, case_event.actor, case_event.note, case_event.detail from case_event
     where case_event.case_id = $1 and case_event.kind like 'measure-%' order by case_event.id`,
    [caseId],
  );
  return rows.map((event) => ({ ...event, detail: inWordsOfMeasures(event.detail) }));
}

/** The newest observations of a case, and those that its decisions rest on, however old; newest first. */
export async function observationsToExplain(
  on: Queryable,
  caseId: string,
  { deciding, newest }: { readonly deciding: readonly string[]; readonly newest: number },
): Promise<ObservationView[]> {
  const rows = await on.query<ObservationRow>(
    `select ${observationColumns} from observation
     where observation.id = any ($2::bigint[]) or observation.id in (
       select latest.id from observation as latest where latest.case_id = $1 order by latest.id desc limit $3)
     order by observation.id desc`,
    [caseId, deciding, newest],
  );
  return rows.map(observationFromRow);
}

/** The measures that a case ordered, and those that its timeline names. */
export async function measuresToExplain(on: Queryable, caseId: string, named: readonly string[]): Promise<Measure[]> {
  const rows = await on.query<MeasureRow>(
    `select ${measureColumns} from measure where measure.case_id = $1 or measure.id = any ($2::bigint[])
     order by measure.id`,
    [caseId, named],
  );
  return rows.map(measureFromRow);
}

/** One request to a NAS (or answer to one), down to its octets, and what its session shows since. */
export interface PacketView {
  readonly measure: string;
  readonly id: string;
  readonly session: string | null;
  readonly nas: string;
  readonly kind: "coa" | "disconnect" | "access";
  readonly reason: string;
  readonly attributes: unknown;
  readonly requestedAt: Date;
  readonly sentAt: Date | null;
  readonly answeredAt: Date | null;
  readonly attempts: number;
  /** Hex. */
  readonly request: string | null;
  readonly response: string | null;
  readonly outcome: string | null;
  readonly errorCause: number | null;
  /** What the session's accounting shows that the NAS runs; null: nothing yet. */
  readonly observed: unknown;
  readonly expected: unknown;
  readonly sessionStoppedAt: Date | null;
}

interface PacketRow
  extends Omit<PacketView, "errorCause" | "requestedAt" | "sentAt" | "answeredAt" | "sessionStoppedAt"> {
  readonly error_cause: number | null;
  readonly requested_at: Date;
  readonly sent_at: Date | null;
  readonly answered_at: Date | null;
  readonly stopped_at: Date | null;
}

/** Lifting sends packets, too: those within this time after it are told with the measure. */
const AFTER_LIFTING = "1 hour";

/**
 * What was sent for the subscriber while each measure stood, and to lift it. A packet makes a session follow the sum of
 * its subscriber's measures, so the same one can belong to several.
 */
export async function packetsOf(on: Queryable, measureIds: readonly string[]): Promise<PacketView[]> {
  const rows = await on.query<PacketRow>(
    `select measure.id as measure, enforcement.id, enforcement.session_id as session, enforcement.nas_id as nas,
       enforcement.kind, enforcement.reason, enforcement.attributes, enforcement.requested_at, enforcement.sent_at,
       enforcement.answered_at, enforcement.attempts, encode(enforcement.request, 'hex') as request,
       encode(enforcement.response, 'hex') as response, enforcement.outcome, enforcement.error_cause,
       session.observed, session.expected, session.stopped_at
     from measure
     join enforcement on enforcement.subscriber_id = measure.subscriber_id
       and enforcement.requested_at >= measure.ordered_at
       and (measure.lifted_at is null or enforcement.requested_at <= measure.lifted_at + interval '${AFTER_LIFTING}')
     left join session on session.id = enforcement.session_id
     where measure.id = any ($1::bigint[])
     order by enforcement.id
     limit 1000`,
    [measureIds],
  );
  return rows.map(({ error_cause, requested_at, sent_at, answered_at, stopped_at, ...row }) => ({
    ...row,
    errorCause: error_cause,
    requestedAt: requested_at,
    sentAt: sent_at,
    answeredAt: answered_at,
    sessionStoppedAt: stopped_at,
  }));
}
