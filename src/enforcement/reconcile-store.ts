import type { Queryable, Transaction } from "../database/database.ts";
import type { Shown } from "../session/session-view.ts";
import { bothImposed } from "./both-imposed-store.ts";
import { UNKNOWN_DIGEST } from "./next-move.ts";
import { outboxChannel } from "./outbox-store.ts";
import type { SessionToReconcile } from "./reconcile-session.ts";
import { tellCases } from "./told-case-store.ts";

interface Row {
  readonly id: string;
  readonly applied_digest: string | null;
  readonly profile_digest: string | null;
  readonly expected: Shown | null;
  readonly observed: Shown | null;
  readonly obstacle: string | null;
  readonly last_event_at: Date;
  readonly nas_updated_at: Date | null;
  readonly kind: "coa" | "disconnect" | "access" | null;
  readonly outcome: string | null;
  readonly requested_at: Date | null;
  readonly answered_at: Date | null;
  readonly repairs: number;
  readonly attempts_in_day: number;
}

const sessionFromRow = (row: Row): SessionToReconcile => ({
  id: row.id,
  appliedDigest: row.applied_digest,
  desiredDigest: row.profile_digest,
  expected: row.expected,
  observed: row.observed,
  obstacle: row.obstacle,
  aliveAt: row.last_event_at,
  ...(row.nas_updated_at && { nasUpdatedAt: row.nas_updated_at }),
  ...(row.kind &&
    row.requested_at && {
      latest: {
        kind: row.kind,
        outcome: row.outcome,
        requestedAt: row.requested_at,
        ...(row.answered_at && { answeredAt: row.answered_at }),
      },
    }),
  repairs: row.repairs,
  attemptsInDay: row.attempts_in_day,
});

export interface Chunk {
  readonly now: Date;
  /** Id of the last session of the chunk before; "0" for the first. */
  readonly after: string;
  readonly limit: number;
}

/** Reason of the enforcements that repair what was acknowledged and is not so. */
const REPAIR = "repair";

/** Open sessions, by id, that enforcement ever had to do with and that have no job. Their index holds only those. */
export async function sessionsToReconcile(on: Queryable, { now, after, limit }: Chunk): Promise<SessionToReconcile[]> {
  const rows = await on.query<Row>(
    `with touched as (
       select session.id from session
       where session.stopped_at is null
         and (session.applied_digest is not null or session.expected is not null or session.obstacle is not null)
         and session.id > $2
         and not exists (select from enforcement_job as job where job.session_id = session.id)
       order by session.id limit $3)
     select session.id, session.applied_digest, subscriber.profile_digest, session.expected, session.observed,
       session.obstacle, session.last_event_at, nas.updated_at as nas_updated_at,
       latest.kind, latest.outcome, latest.requested_at, latest.answered_at, past.repairs, past.attempts_in_day
     from touched
     join session on session.id = touched.id
     left join subscriber on subscriber.id = session.subscriber_id
     left join nas on nas.id = session.nas_id
     left join lateral (
       select enforcement.kind, enforcement.outcome, enforcement.requested_at, enforcement.answered_at from enforcement
       where enforcement.session_id = session.id order by enforcement.id desc limit 1) as latest on true
     left join lateral (
       select count(*) filter (where enforcement.reason = '${REPAIR}' and enforcement.step = 0
           and enforcement.digest is not distinct from subscriber.profile_digest)::int as repairs,
         count(*) filter (where enforcement.requested_at > $1::timestamptz - interval '1 day')::int as attempts_in_day
       from enforcement where enforcement.session_id = session.id) as past on true
     order by session.id`,
    [now, after, limit],
  );
  return rows.map(sessionFromRow);
}

/** Enqueues open sessions of restricted subscribers that enforcement never had to do with. Returns how many. */
export async function enqueueMissed(on: Queryable): Promise<number> {
  const rows = await on.query<{ id: string }>(
    `select session.id from subscriber join session on session.subscriber_id = subscriber.id
     where subscriber.profile_digest is not null and session.stopped_at is null and session.applied_digest is null
       and session.expected is null and session.obstacle is null
       and not exists (select from enforcement_job as job where job.session_id = session.id)`,
  );
  return await enqueueSessions(on, { sessionIds: rows.map(({ id }) => id), reason: "reconcile" });
}

export interface Reenqueue {
  readonly sessionIds: readonly string[];
  readonly reason: string;
}

/**
 * Enqueues sessions for another look. Without locks on their subscribers: whatever changes meanwhile enqueues them too,
 * and a job too many finds nothing to do.
 */
export async function enqueueSessions(on: Queryable, { sessionIds, reason }: Reenqueue): Promise<number> {
  const rows = await on.query<{ count: number }>(
    `with enqueued as (
       insert into enforcement_job (session_id, nas_id, subscriber_id, reason)
       select session.id, session.nas_id, session.subscriber_id, $2
       from session where session.id = any ($1::bigint[]) and session.stopped_at is null
         and session.subscriber_id is not null
       order by session.id on conflict (session_id) do nothing
       returning enforcement_job.session_id)
     select count(*)::int as count,
       (select pg_notify('${outboxChannel}', '') where exists (select from enqueued)) from enqueued`,
    [sessionIds, reason],
  );
  return rows[0]?.count ?? 0;
}

/**
 * What these sessions run is not what was acknowledged: from here on nobody knows, and it is to be made true again. What
 * was imposed before the last change may still be in force.
 */
export async function enqueueRepairs(trx: Transaction, sessionIds: readonly string[]): Promise<number> {
  await trx.query(
    `update session set applied_digest = $2, applied = coalesce(
       (select enforcement.profile from enforcement
        where enforcement.session_id = session.id and enforcement.profile is not null
        order by enforcement.id desc limit 1), session.applied),
       imposed = ${bothImposed("session.imposed", "session.imposed_before")}
     from (select chosen.id from session as chosen where chosen.id = any ($1::bigint[]) and chosen.stopped_at is null
       order by chosen.nas_id collate "C", chosen.acct_session_id collate "C" for no key update) as locked
     where session.id = locked.id`,
    [sessionIds, UNKNOWN_DIGEST],
  );
  return await enqueueSessions(trx, { sessionIds, reason: REPAIR });
}

/** These sessions cannot be brought to their profile by themselves: an operator sees it. */
export async function raiseObstacle(on: Queryable, sessionIds: readonly string[], obstacle: string): Promise<void> {
  await on.query(
    `update session set obstacle = $2
     from (select chosen.id from session as chosen where chosen.id = any ($1::bigint[]) and chosen.stopped_at is null
       order by chosen.nas_id collate "C", chosen.acct_session_id collate "C" for no key update) as locked
     where session.id = locked.id`,
    [sessionIds, obstacle],
  );
  await tellCases(
    on,
    sessionIds.map((sessionId) => ({ sessionId, obstacle })),
  );
}

/** Requests of which nobody will record an outcome any more: their sessions have no job, so nobody resumes them. */
export async function closeAbandonedRequests(on: Queryable, before: Date): Promise<number> {
  const rows = await on.query<{ id: string }>(
    `update enforcement set outcome = 'no-answer'
     where enforcement.outcome is null and enforcement.requested_at < $1
       and not exists (select from enforcement_job as job where job.session_id = enforcement.session_id)
     returning enforcement.id`,
    [before],
  );
  return rows.length;
}
