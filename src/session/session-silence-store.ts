import { HEARD_SLOT_MS } from "./heard-nas-store.ts";
import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

/** A NAS that misses three Interims in a row does not have the session any more, or cannot reach us. */
const MISSED_INTERIMS = 3;

/** Silence that ends a session which sent Interims, but of which nobody said how often it would. */
export const UNKNOWN_INTERVAL_MS = 24 * 60 * 60 * 1000;

/**
 * SQL: whether the silence of a session says something, that is, whether it has sent an Interim (a Start may come twice
 * within UNSAID_DELAY_MS). That it was told to send them is not enough: a NAS that sends none has sessions that live for
 * weeks.
 */
export const sendsInterims = `(not session.is_start_known or session.last_event_at > session.started_at
    + least(interval '${UNSAID_DELAY_MS} milliseconds', session.interim_seconds * interval '0.5 seconds'))`;

/** SQL: how long a session may be silent. `unknown`: an interval in SQL, where nobody said how often it sends Interims. */
export const silenceOf = (unknown: string): string => `case when session.interim_seconds is not null
    then greatest(session.interim_seconds * ${MISSED_INTERIMS}::bigint, ${HEARD_SLOT_MS / 1000}) * interval '1 second'
    else ${unknown} end`;
