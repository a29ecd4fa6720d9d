import type { Queryable } from "../database/database.ts";
import type { AccountingEvent } from "./accounting-event.ts";
import { claimedStart, UNSAID_DELAY_MS } from "./match-incarnation.ts";

/** Milliseconds as a timestamptz: in binary floating point they are exact to the microsecond, and quicker than texts. */
const fromMs = (column: string) => `to_timestamp(record.${column} / 1000)`;

/**
 * Records Interims that say nothing new but counters and that the session is alive: nearly all that a network sends; and
 * Starts that their NAS sends again, as it does just when we are late. What taking them in one by one (take-event.ts)
 * would change then is this much, so it is one statement, which touches no index. Each event must have a key of its own.
 * Returns the places of those that it does not fit: they are as if they had not been given.
 */
export async function carryOn(on: Queryable, events: readonly AccountingEvent[]): Promise<number[]> {
  if (events.length === 0) return [];
  const rows = await on.query<{ place: number }>(
    `with found as materialized (
       select record.nas_id, record.acct_session_id, record.shown_digest, ${fromMs("at")} as at,
         ${fromMs("received_at")} as received_at, ${fromMs("claimed_start")} as claimed_start, record.input_octets,
         record.output_octets, record.interim_seconds, record.is_start, record.place, newest.id
       from unnest($1::text[], $2::text[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[],
         $7::bigint[], $8::bigint[], $9::integer[], $10::boolean[]) with ordinality as record (nas_id, acct_session_id,
         shown_digest, at, received_at, claimed_start, input_octets, output_octets, interim_seconds, is_start, place)
       -- the newest use of the id, one look-up each; whether it is open is asked below, and in words that fit no index:
       -- while the table has no statistics, the planner would take one of the open sessions for it, and read all of them
       cross join lateral (
         select session.id from session where session.nas_id = record.nas_id
           and session.acct_session_id = record.acct_session_id order by session.incarnation desc limit 1) as newest),
     carried as (
       update session set last_event_at = record.at, last_seen_at = greatest(session.last_seen_at, record.received_at),
         input_octets = greatest(session.input_octets, record.input_octets),
         output_octets = greatest(session.output_octets, record.output_octets),
         interim_seconds = coalesce(record.interim_seconds, session.interim_seconds)
       from found as record
       where session.id = record.id
         and coalesce(session.stopped_at, 'infinity') = 'infinity' and session.shown_digest = record.shown_digest
         and session.last_event_at <= record.at
         and case when record.is_start
           then session.is_start_known and record.at <= session.started_at + interval '${UNSAID_DELAY_MS} milliseconds'
             -- a session that began with another address is another one
             and coalesce(jsonb_array_length(session.address_runs #> '{ipv4,runs}'), 0) <= 1
           else session.is_start_known or session.started_at <= record.claimed_start end
       returning record.place)
     select place - 1 as place from generate_series(1, $11::integer) as place
     where place not in (select carried.place from carried)`,
    [
      events.map(({ nasId }) => nasId),
      events.map(({ acctSessionId }) => acctSessionId),
      events.map(({ shownDigest }) => shownDigest),
      events.map(({ at }) => at.getTime()),
      events.map(({ receivedAt }) => receivedAt.getTime()),
      events.map((event) => claimedStart(event) ?? event.at.getTime()),
      events.map(({ inputOctets }) => inputOctets),
      events.map(({ outputOctets }) => outputOctets),
      events.map(({ interimSeconds }) => interimSeconds),
      events.map(({ status }) => status === "start"),
      events.length,
    ],
  );
  return rows.map(({ place }) => place);
}
