import type { Attribution } from "../attribution/attribute.ts";
import type { Queryable, Transaction } from "../database/database.ts";
import { fingerprint } from "../intake/fingerprint.ts";
import type { Observation } from "../intake/observation.ts";
import type { Rejections } from "./rejections.ts";
import type { NotExactWhy } from "./why-not-exact.ts";

/** A report as it came, before any of its rows. */
export interface ReportHead {
  /** UUID. */
  readonly id: string;
  readonly sourceId: string;
  readonly receivedAt: Date;
  readonly format: string;
  readonly sha256: string;
  readonly byteCount: number;
}

export interface AttributedObservation {
  readonly observation: Observation;
  readonly attribution: Attribution;
  /** Undefined: it is exact. */
  readonly why: NotExactWhy | undefined;
}

/** An observation as it is stored now, with its id. */
export interface StoredObservation extends AttributedObservation {
  readonly id: string;
  /** What it was before it was attributed anew. Absent: it was not known before. */
  readonly earlier?: EarlierAttribution;
}

export interface EarlierAttribution {
  readonly verdict: Attribution["verdict"];
  /** The case in which it was in doubt; null: none. */
  readonly caseId: string | null;
  /** That it came in. */
  readonly reportId: string;
}

/** As it is stored: with what the observation says beside. */
export const evidenceOf = ({ evidence, destination, confidence }: Observation): object => ({
  ...evidence,
  ...(destination === undefined ? {} : { destination }),
  ...(confidence === undefined ? {} : { confidence }),
});

const columnsOf = (rows: readonly AttributedObservation[]): unknown[] => [
  rows.map(({ observation }) => observation.row),
  rows.map(({ observation }) => fingerprint(observation)),
  rows.map(({ observation }) => observation.at),
  rows.map(({ observation }) => observation.until ?? null),
  rows.map(({ observation }) => observation.ip),
  rows.map(({ observation }) => observation.port ?? null),
  rows.map(({ observation }) => observation.protocol ?? null),
  rows.map(({ observation }) => observation.category),
  rows.map(({ observation }) => observation.severity),
  rows.map(({ observation }) => observation.name ?? null),
  rows.map(({ observation }) => observation.description ?? null),
  rows.map(({ observation }) => JSON.stringify(evidenceOf(observation))),
  rows.map(({ attribution }) => attribution.verdict),
  rows.map(({ attribution }) => attribution.reason),
  rows.map(({ attribution }) => JSON.stringify(attribution.candidates)),
  rows.map(({ attribution }) => attribution.subscriber),
  rows.map(({ attribution }) => attribution.session),
  rows.map(({ why }) => why ?? null),
  rows.map(({ observation: { otherEnd } }) => (otherEnd ? JSON.stringify(otherEnd) : null)),
];

/**
 * Stores observations under their report, which is made by its first rows and counts on with the others. What its source
 * has claimed before is counted as duplicate and not stored again; so are `known` more, which were found before. Returns
 * what is new.
 */
export async function storeObservations(
  trx: Transaction,
  report: ReportHead,
  { rows, known }: { readonly rows: readonly AttributedObservation[]; readonly known: number },
): Promise<StoredObservation[]> {
  const inserted = await trx.query<{ id: string; row_number: number }>(
    `with stored as (
       insert into observation (report_id, source_id, received_at, row_number, fingerprint, observed_at, observed_until, ip,
         port, protocol, category, severity, name, description, evidence, verdict, verdict_reason, candidates,
         subscriber_id, session_id, verdict_why, other_end)
       select $1::uuid, $2::text, $3::timestamptz, given.row_number, given.fingerprint, given.at, given.until, given.ip,
         given.port, given.protocol, given.category, given.severity, given.name, given.description,
         given.evidence::jsonb, given.verdict, given.reason, given.candidates::jsonb, given.subscriber, given.session,
         given.why, given.other_end::jsonb
       from unnest($7::integer[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::inet[], $12::integer[],
           $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],
           $21::text[], $22::text[], $23::bigint[], $24::text[], $25::text[])
         as given (row_number, fingerprint, at, until, ip, port, protocol, category, severity, name, description,
           evidence, verdict, reason, candidates, subscriber, session, why, other_end)
       on conflict (source_id, fingerprint) do nothing
       returning observation.id, observation.row_number),
     counted as (
       insert into report (id, source_id, received_at, format, sha256, byte_count, accepted, duplicates)
       select $1::uuid, $2::text, $3::timestamptz, $4, $5, $6::bigint, count(*),
         cardinality($7::integer[]) - count(*) + $26::integer
       from stored
       on conflict (id) do update set accepted = report.accepted + excluded.accepted,
         duplicates = report.duplicates + excluded.duplicates)
     select stored.id, stored.row_number from stored order by stored.row_number`,
    [
      report.id,
      report.sourceId,
      report.receivedAt,
      report.format,
      report.sha256,
      report.byteCount,
      ...columnsOf(rows),
      known,
    ],
  );
  const byRow = new Map(rows.map((row) => [row.observation.row, row]));
  return inserted.flatMap(({ id, row_number: number }) => {
    const row = byRow.get(number);
    return row ? [{ id, ...row }] : [];
  });
}

/** Notes which rows of a report were left out and why. */
export async function storeRejections(on: Queryable, report: ReportHead, rejections: Rejections): Promise<void> {
  await on.query(
    `insert into report (id, source_id, received_at, format, sha256, byte_count, rejected, rejected_count, mistake_count)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (id) do update set rejected = excluded.rejected, rejected_count = excluded.rejected_count,
       mistake_count = excluded.mistake_count`,
    [
      report.id,
      report.sourceId,
      report.receivedAt,
      report.format,
      report.sha256,
      report.byteCount,
      JSON.stringify(rejections.first),
      rejections.count,
      rejections.mistakes,
    ],
  );
}

/** Puts observations into cases. */
export async function linkObservations(
  trx: Transaction,
  links: readonly { readonly observationId: string; readonly caseId: string }[],
): Promise<void> {
  if (links.length === 0) return;
  await trx.query(
    `update observation set case_id = given.case_id
     from unnest($1::bigint[], $2::bigint[]) as given (observation_id, case_id)
     where observation.id = given.observation_id`,
    [links.map(({ observationId }) => observationId), links.map(({ caseId }) => caseId)],
  );
}

/** Which of these claims the source has made before. */
export async function knownFingerprints(
  on: Queryable,
  sourceId: string,
  fingerprints: readonly string[],
): Promise<Set<string>> {
  const rows = await on.query<{ fingerprint: string }>(
    "select observation.fingerprint from observation where observation.source_id = $1 and observation.fingerprint = any ($2::text[])",
    [sourceId, fingerprints],
  );
  return new Set(rows.map((row) => row.fingerprint));
}

/** What a source sent since a time: observations that were stored, and rows that were its mistakes. */
export interface SentBySource {
  readonly observations: number;
  readonly mistakes: number;
}

/** What a source sent since then. Whoever asks is alone in asking until commit. */
export async function sentSince(trx: Transaction, sourceId: string, since: Date): Promise<SentBySource> {
  await trx.query("select pg_advisory_xact_lock(hashtextextended('weir source limit ' || $1, 0))", [sourceId]);
  const [row] = await trx.query<SentBySource>(
    `select (select count(*)::integer from observation
         where observation.source_id = $1 and observation.received_at > $2) as observations,
       (select coalesce(sum(report.mistake_count), 0)::integer from report
         where report.source_id = $1 and report.received_at > $2) as mistakes`,
    [sourceId, since],
  );
  return row ?? { observations: 0, mistakes: 0 };
}
