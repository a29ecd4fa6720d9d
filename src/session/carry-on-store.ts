import type { Queryable } from "../database/database.ts";
import type { AccountingEvent } from "./accounting-event.ts";
import { claimedStart } from "./match-incarnation.ts";
import {
  CLOCK_DRIFT_SECONDS,
  CLOCK_SLACK_SECONDS,
  claimedClockStart,
  MOST_CLOCK_ERROR_MS,
  SAME_SECOND_MS,
} from "./nas-clock.ts";
import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

/** Milliseconds as a timestamptz: in binary floating point they are exact to the microsecond, and quicker than texts. */
const fromMs = (column: string) => `to_timestamp(record.${column} / 1000)`;

/** Whether the NAS's clock says that a record is of the session: as `isOnClock` in session/nas-clock.ts. */
const isOnClock = `coalesce(case when record.is_start then record.nas_clock_start = session.nas_clock_start
  else abs(record.nas_clock_start - session.nas_clock_start)
    <= ${CLOCK_SLACK_SECONDS} + (greatest(record.event_timestamp, session.nas_clock_newest) - session.nas_clock_start) / ${CLOCK_DRIFT_SECONDS}
  end, false)`;

/**
 * Whether the clock has nothing against it that the record is the session's newest. What has a time that is kept, and of
 * which there is none yet, is taken in one by one; and what does not fit the clock, where it may be of another use of the id.
 */
const isNewestByClock = `case when record.nas_clock_start is null then true
  when session.nas_clock_start is null
    then abs(record.event_timestamp * 1000 - record.at_ms) > ${MOST_CLOCK_ERROR_MS}
  when ${isOnClock} then not record.is_start and record.event_timestamp > session.nas_clock_newest
    and record.at_ms <= date_part('epoch', session.started_at) * 1000 + ((record.event_timestamp - session.nas_clock_start) * 1000
      + ${UNSAID_DELAY_MS} + (record.event_timestamp - session.nas_clock_start) / ${CLOCK_DRIFT_SECONDS / 1000})
  else session.incarnation = 1 end`;

export interface CarriedOn {
  /** Places of the events that it does not fit: they are as if they had not been given. */
  readonly left: readonly number[];
  /** How many were taken in before: they change nothing. */
  readonly repeated: number;
}

/**
 * Records Interims that say nothing new but counters and that the session is alive: nearly all that a network sends; and
 * Starts that their NAS sends again, as it does just when we are late. What taking them in one by one (take-event.ts)
 * would change then is this much, so it is one statement, which touches no index. Each event must have a key of its own.
 */
export async function carryOn(on: Queryable, events: readonly AccountingEvent[]): Promise<CarriedOn> {
  if (events.length === 0) return { left: [], repeated: 0 };
  const rows = await on.query<{ place: number; is_repeated: boolean }>(
    `with found as materialized (
       select record.nas_id, record.acct_session_id, record.shown_digest, ${fromMs("at")} as at, record.at as at_ms,
         ${fromMs("received_at")} as received_at, ${fromMs("claimed_start")} as claimed_start, record.input_octets,
         record.output_octets, record.interim_seconds, record.is_start, record.event_timestamp, record.nas_clock_start,
         record.place, newest.id
       from unnest($1::text[], $2::text[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[],
         $7::bigint[], $8::bigint[], $9::integer[], $10::boolean[], $11::bigint[], $12::bigint[]) with ordinality
         as record (nas_id, acct_session_id, shown_digest, at, received_at, claimed_start, input_octets, output_octets,
         interim_seconds, is_start, event_timestamp, nas_clock_start, place)
       -- the newest use of the id, one look-up each; whether it is open is asked below, and in words that fit no index:
       -- while the table has no statistics, the planner would take one of the open sessions for it, and read all of them
       cross join lateral (
         select session.id from session where session.nas_id = record.nas_id
           and session.acct_session_id = record.acct_session_id order by session.incarnation desc limit 1) as newest),
     carried as (
       update session set last_event_at = record.at, last_seen_at = greatest(session.last_seen_at, record.received_at),
         input_octets = greatest(session.input_octets, record.input_octets),
         output_octets = greatest(session.output_octets, record.output_octets),
         interim_seconds = coalesce(record.interim_seconds, session.interim_seconds),
         nas_clock_newest = case when ${isOnClock} then record.event_timestamp else session.nas_clock_newest end
       from found as record
       where session.id = record.id
         and coalesce(session.stopped_at, 'infinity') = 'infinity' and session.shown_digest = record.shown_digest
         and session.last_event_at <= record.at
         and case when record.is_start
           then session.is_start_known and record.at <= session.started_at + interval '${UNSAID_DELAY_MS} milliseconds'
             -- a session that began with another address is another one
             and coalesce(jsonb_array_length(session.address_runs #> '{ipv4,runs}'), 0) <= 1
           else session.is_start_known or session.started_at <= record.claimed_start end
         and ${isNewestByClock}
       returning record.place),
     -- isRepeated in session/nas-clock.ts
     repeated as (
       select record.place from found as record join session on session.id = record.id
       where record.nas_clock_start is not null and record.place not in (select carried.place from carried)
         and session.shown_digest = record.shown_digest and ${isOnClock}
         and case when record.is_start then session.is_start_known
           -- it may have been opened again within the second
             and (session.stopped_at is null or session.nas_clock_newest > session.nas_clock_start
               or record.received_at > session.started_at + interval '${SAME_SECOND_MS} milliseconds')
           else record.event_timestamp = session.nas_clock_newest end)
     select place - 1 as place, place in (select repeated.place from repeated) as is_repeated
     from generate_series(1, $13::integer) as place where place not in (select carried.place from carried)`,
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
      events.map(({ eventTimestamp }) => eventTimestamp),
      events.map(claimedClockStart),
      events.length,
    ],
  );
  const left = rows.flatMap(({ place, is_repeated }) => (is_repeated ? [] : [place]));
  return { left, repeated: rows.length - left.length };
}
