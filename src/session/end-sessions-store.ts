import type { Transaction } from "../database/database.ts";
import type { InferredEnd } from "./session-state.ts";

export interface Ending {
  /** Open sessions that this transaction has locked, in an earlier statement. */
  readonly ids: readonly string[];
  readonly cause: InferredEnd;
  /** undefined: when each was last seen. */
  readonly at?: Date;
}

/** Ends sessions though no Stop said so, and what they hold. */
export async function endSessions(trx: Transaction, { ids, cause, at }: Ending): Promise<void> {
  if (ids.length === 0) return;
  await trx.query(
    `update session set stopped_at = greatest(coalesce($2::timestamptz, session.last_seen_at), session.started_at),
       terminate_cause = $3
     where session.id = any ($1::bigint[])`,
    [ids, at ?? null, cause],
  );
  await closeIntervals(trx, ids);
}

/**
 * Lets the intervals of sessions that are over end with them. Whoever changes a session's intervals holds its row: it has
 * to be locked in an earlier statement of this transaction. One that waited for the lock would still see the intervals as
 * they were before the wait, and miss an address that an Interim brought meanwhile.
 */
export async function closeIntervals(trx: Transaction, sessionIds: readonly string[]): Promise<void> {
  await trx.query(
    `with ended as (
       select session.id, session.stopped_at from session
       where session.id = any ($1::bigint[]) and session.stopped_at is not null),
     freed as (
       delete from address_interval_open using ended where address_interval_open.session_id = ended.id
       returning address_interval_open.*, ended.stopped_at),
     kept as (
       insert into address_interval (prefix, held_from, held_until, session_id, subscriber_id, nas_id)
       select freed.prefix, freed.held_from, freed.stopped_at, freed.session_id, freed.subscriber_id, freed.nas_id
       from freed where freed.held_from < freed.stopped_at),
     -- an address that changed after the end, when it was not known yet
     undone as (
       delete from address_interval_history as interval using ended
       where interval.session_id = ended.id and interval.held_from >= ended.stopped_at)
     update address_interval_history as interval set held_until = ended.stopped_at from ended
     where interval.session_id = ended.id and interval.held_until > ended.stopped_at
       and interval.held_from < ended.stopped_at`,
    [sessionIds],
  );
}
