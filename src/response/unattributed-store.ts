import type { Attribution } from "../attribution/attribute.ts";
import type { Queryable, Transaction } from "../database/database.ts";
import { fingerprint } from "../intake/fingerprint.ts";
import type { Endpoint, Observation } from "../intake/observation.ts";
import { type ObservationRow, observationColumns } from "./observation-view-store.ts";
import { type AttributedObservation, evidenceOf } from "./report-store.ts";

/** An observation that names nobody for sure yet. */
export interface Unattributed {
  readonly id: string;
  readonly reportId: string;
  readonly sourceId: string;
  /** The open case in which it is in doubt; null: none. */
  readonly caseId: string | null;
  readonly verdict: Attribution["verdict"];
  /** Ids of the sessions that came into question. */
  readonly sessions: readonly string[];
  /** As it came, told when it was received first. */
  readonly observation: Observation;
}

type Row = ObservationRow & { readonly other_end: Endpoint | null };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The other way round than `evidenceOf`. */
function saidBeside(evidence: Observation["evidence"]): Pick<Observation, "destination" | "confidence"> {
  const { destination, confidence } = evidence;
  const { ip, port }: { ip?: unknown; port?: unknown } = isObject(destination) ? destination : {};
  const known = {
    ...(typeof ip === "string" ? { ip } : {}),
    ...(typeof port === "number" ? { port } : {}),
  };
  return {
    ...(Object.keys(known).length > 0 ? { destination: known } : {}),
    ...(typeof confidence === "number" && confidence >= 0 && confidence <= 1 ? { confidence } : {}),
  };
}

const observationOf = (row: Row): Observation => ({
  row: row.row_number,
  ip: row.ip,
  ...(row.port === null ? {} : { port: row.port }),
  ...(row.protocol === null ? {} : { protocol: row.protocol }),
  at: row.observed_at,
  ...(row.observed_until === null ? {} : { until: row.observed_until }),
  toldAt: row.received_at,
  category: row.category,
  severity: row.severity,
  ...(row.name === null ? {} : { name: row.name }),
  ...(row.description === null ? {} : { description: row.description }),
  ...saidBeside(row.evidence),
  evidence: row.evidence,
  isBogon: false,
  ...(row.other_end === null ? {} : { otherEnd: row.other_end }),
});

const unattributedFromRow = (row: Row): Unattributed => ({
  id: row.id,
  reportId: row.report_id,
  sourceId: row.source_id,
  caseId: row.case_id,
  verdict: row.verdict,
  sessions: row.candidates.map(({ session }) => session),
  observation: observationOf(row),
});

const columns = `${observationColumns}, observation.other_end`;

/** Whoever let go of a case in doubt, or holds it, wants nothing done by itself. */
const isNobodysDecision = `(observation.case_id is null or exists (
  select from subscriber_case where subscriber_case.id = observation.case_id and subscriber_case.state = 'open'))`;

/** Those of these observations that are in doubt. */
export async function unattributed(on: Queryable, ids: readonly string[]): Promise<Unattributed[]> {
  const rows = await on.query<Row>(
    `select ${columns} from observation
     where observation.id = any ($1::bigint[]) and observation.verdict <> 'exact' and ${isNobodysDecision}
     order by observation.id`,
    [ids],
  );
  return rows.map(unattributedFromRow);
}

/** Those received since then that are in doubt, in the order in which they came, after the one with this id. */
export async function unattributedSince(
  on: Queryable,
  since: Date,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<Unattributed[]> {
  const rows = await on.query<Row>(
    `select ${columns} from observation
     where observation.verdict <> 'exact' and (observation.received_at, observation.id) > (
         greatest($1::timestamptz, (select last.received_at from observation as last where last.id = $2::bigint)), $2)
       and ${isNobodysDecision}
     order by observation.received_at, observation.id limit $3`,
    [since, after, limit],
  );
  return rows.map(unattributedFromRow);
}

/** What is known of a claim that its source has made before. */
export interface KnownClaim {
  readonly id: string;
  readonly fingerprint: string;
  readonly isExact: boolean;
}

/** Which of these claims the source has made before. */
export async function knownClaims(
  on: Queryable,
  sourceId: string,
  fingerprints: readonly string[],
): Promise<KnownClaim[]> {
  return await on.query<KnownClaim>(
    `select observation.id, observation.fingerprint, observation.verdict = 'exact' as "isExact" from observation
     where observation.source_id = $1 and observation.fingerprint = any ($2::text[])`,
    [sourceId, fingerprints],
  );
}

export interface NewAttribution {
  readonly id: string;
  readonly found: AttributedObservation;
  /** It is about the machine at the other end. */
  readonly isTurned: boolean;
}

/**
 * Writes who it was after all, once: what is exact by then stays as it is, and so does what the source has told in these
 * very words beside. Returns the ids of what was written, locked until commit.
 */
export async function attributeAnew(
  trx: Transaction,
  given: readonly NewAttribution[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const rows = await trx.query<{ id: string }>(
    `update observation set verdict = given.verdict, verdict_reason = given.reason, verdict_why = given.why,
       candidates = given.candidates::jsonb, subscriber_id = given.subscriber, session_id = given.session,
       attributed_at = $12::timestamptz, ip = given.ip, other_end = null,
       port = case when given.fingerprint is null then observation.port else given.port end,
       evidence = coalesce(given.evidence::jsonb, observation.evidence),
       fingerprint = coalesce(given.fingerprint, observation.fingerprint)
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::inet[],
         $9::integer[], $10::text[], $11::text[])
       as given (id, verdict, reason, why, candidates, subscriber, session, ip, port, evidence, fingerprint)
     where observation.id = given.id and observation.verdict <> 'exact' and not exists (
       select from observation as same where same.source_id = observation.source_id
         and same.fingerprint = given.fingerprint and same.id <> observation.id)
     returning observation.id`,
    [
      given.map(({ id }) => id),
      given.map(({ found }) => found.attribution.verdict),
      given.map(({ found }) => found.attribution.reason),
      given.map(({ found }) => found.why ?? null),
      given.map(({ found }) => JSON.stringify(found.attribution.candidates)),
      given.map(({ found }) => found.attribution.subscriber),
      given.map(({ found }) => found.attribution.session),
      given.map(({ found }) => found.observation.ip),
      given.map(({ found }) => found.observation.port ?? null),
      given.map(({ found, isTurned }) => (isTurned ? JSON.stringify(evidenceOf(found.observation)) : null)),
      given.map(({ found, isTurned }) => (isTurned ? fingerprint(found.observation) : null)),
      now,
    ],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Sessions that a report names for sure by now, so many at most. */
export async function sessionsNamedBy(on: Queryable, reportId: string, limit: number): Promise<string[]> {
  const rows = await on.query<{ session_id: string }>(
    `select distinct observation.session_id from observation
     where observation.report_id = $1 and observation.verdict = 'exact' and observation.session_id is not null
     limit $2`,
    [reportId, limit],
  );
  return rows.map((row) => row.session_id);
}
