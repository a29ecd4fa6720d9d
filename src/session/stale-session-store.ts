import type { Queryable } from "../database/database.ts";

export interface StaleRule {
  readonly now: Date;
  /** Silence after which a session of unknown interim interval is taken to be over, e.g. 24 h. */
  readonly unknownIntervalMs: number;
  /** How many to end at most, so that other transactions do not wait for long: call again while it returns as many. */
  readonly limit: number;
}

/** A NAS that misses three Interims in a row does not have the session any more, or cannot reach us. */
const MISSED_INTERIMS = 3;

const isStale = `session.stopped_at is null and session.last_seen_at < $1::timestamptz - coalesce(
    session.interim_seconds * interval '${MISSED_INTERIMS} seconds', $2 * interval '1 millisecond')`;

export interface StaleSession {
  readonly id: string;
  readonly nasId: string;
  readonly subscriberId: string | undefined;
}

/**
 * Ends sessions of which nothing was heard for too long, at the time when they were last seen, with cause "stale", and
 * their address intervals. An Interim that comes after all opens them again.
 */
export async function closeStaleSessions(on: Queryable, rule: StaleRule): Promise<StaleSession[]> {
  const rows = await on.query<{ id: string; nas_id: string; subscriber_id: string | null }>(
    `with chosen as (select session.id from session where ${isStale} limit $3),
     ending as (
       select session.id from session where session.id in (select chosen.id from chosen) and ${isStale}
       -- as recorders sort their keys
       order by session.nas_id collate "C", session.acct_session_id collate "C" for update),
     ended as (
       update session set stopped_at = greatest(session.last_seen_at, session.started_at), terminate_cause = 'stale'
       from ending where session.id = ending.id
       returning session.id, session.nas_id, session.subscriber_id, session.stopped_at),
     freed as (
       delete from address_interval_open using ended where address_interval_open.session_id = ended.id
       returning address_interval_open.*, ended.stopped_at),
     kept as (
       insert into address_interval (prefix, held_from, held_until, session_id, subscriber_id, nas_id)
       select freed.prefix, freed.held_from, freed.stopped_at, freed.session_id, freed.subscriber_id, freed.nas_id
       from freed where freed.held_from < freed.stopped_at)
     select ended.id, ended.nas_id, ended.subscriber_id from ended`,
    [rule.now, rule.unknownIntervalMs, rule.limit],
  );
  return rows.map((row) => ({ id: row.id, nasId: row.nas_id, subscriberId: row.subscriber_id ?? undefined }));
}
