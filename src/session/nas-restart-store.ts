import type { Database, Queryable, Transaction } from "../database/database.ts";
import type { NasRestart } from "./accounting-event.ts";
import { endSessions } from "./end-sessions-store.ts";
import { GUESSED_START_SLACK_MS } from "./inferred-end.ts";
import { isClockSet } from "./nas-clock.ts";
import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

/**
 * The newest Accounting-On or -Off of each NAS, in ms. Locked until the end of the transaction, so that a restart that is
 * recorded meanwhile sees the sessions that this transaction opens.
 */
export async function restartTimes(trx: Transaction, nasIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const known = await lockRestarts(trx, nasIds);
  const fresh = nasIds.filter((id) => !known.has(id));
  if (fresh.length > 0) {
    // What is not there cannot be locked.
    await trx.query(
      "insert into nas_restart (nas_id) select fresh from unnest($1::text[]) as fresh on conflict (nas_id) do nothing",
      [fresh],
    );
    for (const [id, at] of await lockRestarts(trx, fresh)) known.set(id, at);
  }
  return new Map([...known].flatMap(([id, at]) => (at === null ? [] : [[id, at.getTime()] as const])));
}

async function lockRestarts(trx: Transaction, nasIds: readonly string[]): Promise<Map<string, Date | null>> {
  if (nasIds.length === 0) return new Map();
  const rows = await trx.query<{ nas_id: string; restarted_at: Date | null }>(
    `select nas_restart.nas_id, nas_restart.restarted_at from nas_restart where nas_restart.nas_id = any ($1::text[])
     order by nas_restart.nas_id collate "C" for share`,
    [nasIds],
  );
  return new Map(rows.map(({ nas_id, restarted_at }) => [nas_id, restarted_at]));
}

export interface MarkedRestart {
  /** When it was. */
  readonly at: Date;
  /** It was heard before: sent again, by its NAS or by somebody else. */
  readonly isRepeated: boolean;
  /** Everything that it ended is known to be ended. */
  readonly isSettled: boolean;
}

/** So many of a NAS are known again: decades of them. */
const MOST_HEARD = 1_000;

/** Remembers a restart. An older one than is known, and one that was heard before, changes nothing. */
export async function markRestarted(on: Queryable, restart: NasRestart): Promise<MarkedRestart> {
  const { nasId, kind, at, eventTimestamp } = restart;
  const isKept = eventTimestamp !== undefined && isClockSet(eventTimestamp, at);
  const [known] = await on.query<{ at: Date; is_settled: boolean }>(
    `with known as (
       select heard.at from nas_restart_heard as heard
       where heard.nas_id = $1 and heard.kind = $3 and heard.event_timestamp = $4::bigint),
     noted as (
       insert into nas_restart_heard (nas_id, kind, event_timestamp, at)
       select $1, $3, $4::bigint, $2::timestamptz where $5 and not exists (select from known) on conflict do nothing),
     forgotten as (
       delete from nas_restart_heard as heard where heard.nas_id = $1 and not exists (select from known)
         and heard.at < (select newer.at from nas_restart_heard as newer where newer.nas_id = $1
           order by newer.at desc offset ${MOST_HEARD - 1} limit 1)),
     marked as (
       insert into nas_restart (nas_id, restarted_at) select $1, $2::timestamptz where not exists (select from known)
       on conflict (nas_id) do update set restarted_at = excluded.restarted_at
       where nas_restart.restarted_at is null or nas_restart.restarted_at < excluded.restarted_at)
     select known.at, exists (
       select from nas_restart where nas_restart.nas_id = $1 and nas_restart.settled_at >= known.at) as is_settled
     from known`,
    [nasId, at, kind, eventTimestamp ?? null, isKept],
  );
  return known
    ? { at: known.at, isRepeated: true, isSettled: known.is_settled }
    : { at, isRepeated: false, isSettled: false };
}

/** Restarts whose sessions are not all known to be ended: whoever recorded them was kept from it. */
export async function unsettledRestarts(on: Queryable): Promise<{ readonly nasId: string; readonly at: Date }[]> {
  return await on.query(
    `select nas_restart.nas_id as "nasId", nas_restart.restarted_at as at from nas_restart
     where nas_restart.restarted_at > coalesce(nas_restart.settled_at, '-infinity') order by nas_restart.nas_id`,
  );
}

const isEnded = `session.nas_id = $1 and session.stopped_at is null
  and session.started_at < $2::timestamptz
    - case when session.is_start_known then interval '0' else interval '${GUESSED_START_SLACK_MS} milliseconds' end
  and session.last_event_at <= $2::timestamptz + interval '${UNSAID_DELAY_MS} milliseconds'`;

/**
 * Ends up to `limit` of the sessions that a restart at `at` ended (session/inferred-end.ts says which), and their address
 * intervals. Returns how many. Call it until that is 0: then there are no more, and that is remembered.
 */
export async function endSessionsOfNas(
  database: Pick<Database, "transaction">,
  nasId: string,
  at: Date,
  limit: number,
): Promise<number> {
  return await database.transaction(async (trx) => {
    const rows = await trx.query<{ id: string }>(
      `select session.id from session
       where session.id in (select chosen.id from (select * from session where ${isEnded} limit $3) as chosen) and ${isEnded}
       -- as recorders sort their keys
       order by session.acct_session_id collate "C" for update`,
      [nasId, at, limit],
    );
    const ids = rows.map(({ id }) => id);
    await endSessions(trx, { ids, cause: "nas-restart", at });
    if (ids.length === 0) await settle(trx, nasId, at);
    return ids.length;
  });
}

async function settle(trx: Transaction, nasId: string, at: Date): Promise<void> {
  await trx.query(
    `update nas_restart set settled_at = $2 where nas_restart.nas_id = $1
       and $2 > coalesce(nas_restart.settled_at, '-infinity') and not exists (select from session where ${isEnded})`,
    [nasId, at],
  );
}
