import type { Transaction } from "../database/database.ts";

/** A username and who has it now. */
export interface OwnedUsername {
  readonly username: string;
  readonly subscriberId: string;
}

/**
 * Open sessions of nobody under these usernames become their subscribers'. Past ones stay nobody's: whose they were is
 * not known. Returns the subscribers who got some.
 */
export async function attachSessions(trx: Transaction, added: readonly OwnedUsername[]): Promise<string[]> {
  const attached = await trx.query<{ id: string; subscriber_id: string }>(
    `update session set subscriber_id = nobodys.subscriber_id
     from (
       select session.id, given.subscriber_id from unnest($1::text[], $2::text[]) as given (username, subscriber_id)
       join session on session.username = given.username and session.stopped_at is null and session.subscriber_id is null
       -- as recorders sort their keys
       order by session.nas_id collate "C", session.acct_session_id collate "C" for no key update of session) as nobodys
     where session.id = nobodys.id returning session.id, session.subscriber_id`,
    [added.map(({ username }) => username), added.map(({ subscriberId }) => subscriberId)],
  );
  await followSessions(
    trx,
    attached.map(({ id }) => id),
  );
  return [...new Set(attached.map(({ subscriber_id }) => subscriber_id))];
}

/**
 * A subscriber is removed: its sessions keep the id, so that what happened stays on record, but what was held in them is
 * nobody's any more who could be named, also when the id is given again. Locks them as recorders sort their keys.
 */
export async function disownSessions(trx: Transaction, subscriberId: string): Promise<void> {
  await trx.query(
    `update session set is_owner_removed = true
     from (
       select session.id from session where session.subscriber_id = $1 and not session.is_owner_removed
       order by session.nas_id collate "C", session.acct_session_id collate "C", session.incarnation
       for no key update of session) as left_behind
     where session.id = left_behind.id`,
    [subscriberId],
  );
}

/**
 * Gives the intervals of sessions to whom the sessions belong. The caller has locked these in an earlier statement:
 * one that waited for the lock would miss the intervals that were written meanwhile.
 */
export async function followSessions(trx: Transaction, sessionIds: readonly string[]): Promise<void> {
  if (sessionIds.length === 0) return;
  await trx.query(
    `update address_interval as interval set subscriber_id = session.subscriber_id from session
     where session.id = any ($1::bigint[]) and interval.session_id = session.id
       and interval.subscriber_id is distinct from session.subscriber_id`,
    [sessionIds],
  );
}
