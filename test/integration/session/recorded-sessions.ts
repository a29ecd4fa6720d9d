import type { Queryable } from "../../../src/database/database.ts";

/** A session as it is stored, in the order in which the uses of its id began. Times in ms. */
export interface RecordedSession {
  readonly startedAt: number;
  readonly isStartKnown: boolean;
  readonly aliveAt: number;
  readonly lastSeenAt: number;
  readonly stoppedAt: number | null;
  readonly cause: string | null;
  readonly username: string;
  readonly sharedPorts: string | null;
  readonly inputOctets: string;
  readonly outputOctets: string;
  readonly interimSeconds: number | null;
  readonly identity: unknown;
  readonly observed: unknown;
  readonly shownDigest: string | null;
  readonly nasClock: unknown;
  /** "prefix from..until", sorted. */
  readonly held: readonly string[];
}

const ms = (column: string) => `round(extract(epoch from ${column}) * 1000)::float8`;

/** Everything that is stored under one key but the row's own number. */
export async function recordedSessions(
  on: Queryable,
  nasId: string,
  acctSessionId: string,
): Promise<RecordedSession[]> {
  return await on.query<RecordedSession>(
    `select ${ms("session.started_at")} as "startedAt", session.is_start_known as "isStartKnown",
       ${ms("session.last_event_at")} as "aliveAt", ${ms("session.last_seen_at")} as "lastSeenAt",
       ${ms("session.stopped_at")} as "stoppedAt", session.terminate_cause as cause, session.username, session.shared_ports::text as "sharedPorts",
       session.input_octets as "inputOctets", session.output_octets as "outputOctets",
       session.interim_seconds as "interimSeconds", session.identity, coalesce(session.observed, '{}') as observed,
       session.shown_digest as "shownDigest",
       case when session.nas_clock_start is not null
         then json_build_object('start', session.nas_clock_start, 'newest', session.nas_clock_newest) end as "nasClock",
       array(select interval.prefix || ' ' || ${ms("interval.held_from")} || '..'
           || coalesce((${ms("nullif(interval.held_until, 'infinity')")})::text, '')
         from address_interval as interval where interval.session_id = session.id order by 1) as held
     from session where session.nas_id = $1 and session.acct_session_id = $2
     order by session.started_at, session.stopped_at nulls last, session.username, session.shown_digest`,
    [nasId, acctSessionId],
  );
}
