import type { Queryable, Transaction } from "../database/database.ts";
import { GUESSED_START_SLACK_MS } from "./inferred-end.ts";
import { UNSAID_DELAY_MS } from "./match-incarnation.ts";

/**
 * The newest Accounting-On or -Off of each NAS, in ms. Locked until the end of the transaction, so that a restart that is
 * recorded meanwhile sees the sessions that this transaction opens.
 */
export async function restartTimes(trx: Transaction, nasIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (nasIds.length === 0) return new Map();
  const rows = await trx.query<{ id: string; restarted_at: Date | null }>(
    "select nas.id, nas.restarted_at from nas where nas.id = any ($1::text[]) order by nas.id for share",
    [nasIds],
  );
  return new Map(rows.flatMap(({ id, restarted_at }) => (restarted_at ? [[id, restarted_at.getTime()] as const] : [])));
}

/** Remembers a restart. An older one than is known changes nothing. */
export async function markRestarted(on: Queryable, nasId: string, at: Date): Promise<void> {
  await on.query(
    `update nas set restarted_at = $2 where nas.id = $1 and (nas.restarted_at is null or nas.restarted_at < $2)`,
    [nasId, at],
  );
}

const isEnded = `session.nas_id = $1 and session.stopped_at is null
  and session.started_at < $2::timestamptz
    - case when session.is_start_known then interval '0' else interval '${GUESSED_START_SLACK_MS} milliseconds' end
  and session.last_event_at <= $2::timestamptz + interval '${UNSAID_DELAY_MS} milliseconds'`;

/**
 * Ends up to `limit` of the sessions that a restart at `at` ended (session/inferred-end.ts says which), and their address
 * intervals. Returns how many: fewer than `limit` means that there are no more.
 */
export async function endSessionsOfNas(on: Queryable, nasId: string, at: Date, limit: number): Promise<number> {
  const rows = await on.query<{ count: string }>(
    `with chosen as (select session.id from session where ${isEnded} limit $3),
     ending as (
       select session.id from session
       where session.id in (select chosen.id from chosen) and ${isEnded}
       -- as recorders sort their keys
       order by session.acct_session_id collate "C" for update),
     ended as (
       update session set stopped_at = greatest($2, session.started_at), terminate_cause = 'nas-restart'
       from ending where session.id = ending.id returning session.id, session.stopped_at),
     freed as (
       delete from address_interval_open using ended where address_interval_open.session_id = ended.id
       returning address_interval_open.*, ended.stopped_at),
     kept as (
       insert into address_interval (prefix, held_from, held_until, session_id, subscriber_id, nas_id)
       select freed.prefix, freed.held_from, freed.stopped_at, freed.session_id, freed.subscriber_id, freed.nas_id
       from freed where freed.held_from < freed.stopped_at),
     -- an address that changed after the restart, when its end was not known yet
     undone as (
       delete from address_interval_history as interval using ended
       where interval.session_id = ended.id and interval.held_from >= ended.stopped_at),
     shortened as (
       update address_interval_history as interval set held_until = ended.stopped_at from ended
       where interval.session_id = ended.id and interval.held_until > ended.stopped_at
         and interval.held_from < ended.stopped_at)
     select count(*) from ended`,
    [nasId, at, limit],
  );
  return Number(rows[0]?.count ?? 0);
}
