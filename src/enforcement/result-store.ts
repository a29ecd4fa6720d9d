import type { Database, Transaction } from "../database/database.ts";
import { isClaimedBy } from "./claim-store.ts";
import type { Applied } from "./next-move.ts";
import type { Outcome } from "./outcome.ts";
import { writeSessions } from "./session-result-store.ts";
import { type Obstructed, tellCases } from "./told-case-store.ts";

/** How one request ended. */
export interface RequestEnd {
  readonly enforcementId: string;
  readonly outcome: Outcome;
}

/** The NAS's vendor has no way to express the profile: an attempt on record, though nothing was sent. */
export interface UnsupportedAttempt {
  readonly subscriberId: string;
  readonly nasId: string;
  readonly reason: string;
  readonly requestedAt: Date;
  readonly digest: string | null;
  /** Why not, for people. */
  readonly detail: string;
}

/** How the run of one claimed job ended. */
export interface RunEnd {
  readonly claimant: string;
  readonly sessionId: string;
  readonly revision: number;
  /** The profile that was tried. */
  readonly digest: string | null;
  /** undefined: what it follows is as before. */
  readonly applied?: Applied & {
    /** What accounting will show if the NAS runs it. */
    readonly expected?: Readonly<Record<string, readonly string[]>>;
  };
  readonly obstacle: string | null;
  /** The obstacle is one that only a person can do away with: their cases say so. */
  readonly isForPerson?: boolean;
  /** undefined: the job is done with. Either way it runs again at once if its desire is no longer what was tried. */
  readonly retryAfterMs?: number;
  /** It counts as a failed try. */
  readonly hasFailed: boolean;
  /** The next try ends the session. */
  readonly endsSession?: boolean;
  /** It was to end the session, and that is done. */
  readonly hasEndedSession?: boolean;
  readonly unsupported?: UnsupportedAttempt;
}

/** What a run says of its session. */
export type SessionResult = Pick<RunEnd, "claimant" | "sessionId" | "applied" | "obstacle">;

export interface RunRecord {
  readonly request?: RequestEnd;
  /** It goes on. */
  readonly midway?: SessionResult;
  readonly run?: RunEnd;
}

/**
 * Records how requests and runs ended, all in one transaction. A run that lost its claim meanwhile decides nothing: it may
 * have changed what whoever took over had made so, and the session is looked at anew.
 */
export async function recordRuns(
  database: Pick<Database, "transaction">,
  records: readonly RunRecord[],
): Promise<void> {
  const requests = records.flatMap(({ request }) => (request ? [request] : []));
  const runs = records.flatMap(({ run }) => (run ? [run] : []));
  const midway = records.flatMap((record) => (record.midway ? [record.midway] : []));
  await database.transaction(async (trx) => {
    await Promise.all([
      writeOutcomes(trx, requests),
      insertUnsupported(
        trx,
        runs.filter((run) => run.unsupported !== undefined),
      ),
      writeSessions(trx, [...runs, ...midway]),
      writeJobs(trx, runs),
      tellCases(trx, runs.flatMap(obstructed)),
    ]);
  });
}

const obstructed = ({ sessionId, obstacle, isForPerson, unsupported }: RunEnd): Obstructed[] =>
  isForPerson && obstacle !== null ? [{ sessionId, obstacle, detail: unsupported?.detail }] : [];

async function writeOutcomes(trx: Transaction, requests: readonly RequestEnd[]): Promise<void> {
  if (requests.length === 0) return;
  await trx.query(
    `update enforcement set sent_at = given.sent_at, answered_at = given.answered_at, attempts = given.attempts,
       outcome = given.outcome, error_cause = given.error_cause, response = given.response
     from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::int[], $5::text[], $6::int[], $7::bytea[])
       as given (id, sent_at, answered_at, attempts, outcome, error_cause, response)
     where enforcement.id = given.id and enforcement.outcome is null`,
    [
      requests.map(({ enforcementId }) => enforcementId),
      requests.map(({ outcome }) => outcome.sentAt),
      requests.map(({ outcome }) => outcome.answeredAt ?? null),
      requests.map(({ outcome }) => outcome.attempts),
      requests.map(({ outcome }) => outcome.kind),
      requests.map(({ outcome }) => (outcome.kind === "refused" ? (outcome.errorCause ?? null) : null)),
      requests.map(({ outcome }) => outcome.response ?? null),
    ],
  );
}

async function insertUnsupported(trx: Transaction, runs: readonly RunEnd[]): Promise<void> {
  if (runs.length === 0) return;
  const column = (value: (attempt: UnsupportedAttempt) => string | Date | null) =>
    runs.map(({ unsupported }) => (unsupported ? value(unsupported) : null));
  await trx.query(
    `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, digest, outcome)
     select given.session_id, given.subscriber_id, given.nas_id, 'coa', given.reason, given.requested_at, given.digest,
       'unsupported'
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
       as given (session_id, subscriber_id, nas_id, reason, requested_at, digest)`,
    [
      runs.map(({ sessionId }) => sessionId),
      column(({ subscriberId }) => subscriberId),
      column(({ nasId }) => nasId),
      column(({ reason }) => reason),
      column(({ requestedAt }) => requestedAt),
      column(({ digest }) => digest),
    ],
  );
}

/**
 * Removes jobs that are done with and gives the others back, due when they are to be tried again. One that was ordered
 * anew meanwhile, or whose desire is no longer what was tried, is due at once.
 */
async function writeJobs(trx: Transaction, runs: readonly RunEnd[]): Promise<void> {
  if (runs.length === 0) return;
  await trx.query(
    `with given as (
       select given.*, (subscriber.profile_digest is not distinct from given.digest and job.revision = given.revision) as is_current
       from unnest($1::bigint[], $2::text[], $3::int[], $4::text[], $5::int[], $6::boolean[], $7::boolean[], $8::boolean[])
         as given (session_id, claimant, revision, digest, retry_ms, has_failed, has_ended, ends_session)
       join enforcement_job as job on job.session_id = given.session_id
       left join session on session.id = given.session_id
       left join subscriber on subscriber.id = coalesce(session.subscriber_id, job.subscriber_id)),
     done as (
       delete from enforcement_job as job using given
       where job.session_id = given.session_id and ${isClaimedBy("given.claimant")} and job.revision = given.revision
         and given.is_current and given.retry_ms is null
       returning job.session_id)
     update enforcement_job as job set claimed_by = null, claimed_until = null,
       ends_session = (job.ends_session and not given.has_ended) or given.ends_session,
       attempts = case when given.is_current and job.revision = given.revision
         then job.attempts + given.has_failed::int else 0 end,
       due_at = case when given.is_current and job.revision = given.revision
         then clock_timestamp() + make_interval(secs => coalesce(given.retry_ms, 0) / 1000.0) else clock_timestamp() end
     from given
     where job.session_id = given.session_id and ${isClaimedBy("given.claimant")}
       and not exists (select from done where done.session_id = job.session_id)`,
    [
      runs.map(({ sessionId }) => sessionId),
      runs.map(({ claimant }) => claimant),
      runs.map(({ revision }) => revision),
      runs.map(({ digest }) => digest),
      runs.map(({ retryAfterMs }) => retryAfterMs ?? null),
      runs.map(({ hasFailed }) => hasFailed),
      runs.map(({ hasEndedSession }) => hasEndedSession ?? false),
      runs.map(({ endsSession }) => endsSession ?? false),
    ],
  );
}
