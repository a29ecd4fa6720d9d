import type { Queryable } from "../database/database.ts";

/** A session that its customer's measures cannot be brought to by themselves. */
export interface Obstructed {
  readonly sessionId: string;
  /** An outcome or Error-Cause, as the session's row names it. */
  readonly obstacle: string;
  /** More about it, for people. */
  readonly detail?: string | undefined;
}

/**
 * Says in the timeline of the open case behind a measure that the measure is not in force on a session, and why: only a
 * person can do something about it. Once for each measure, session and obstacle.
 */
export async function tellCases(on: Queryable, obstructed: readonly Obstructed[]): Promise<void> {
  if (obstructed.length === 0) return;
  await on.query(
    `insert into case_event (case_id, at, kind, actor, note, detail)
     select measure.case_id, clock_timestamp(), 'measure-not-in-force', 'enforcement',
       measure.kind || ' is not in force on session ' || session.acct_session_id || ' of ' || session.nas_id || ': '
         || given.obstacle || coalesce(' (' || given.detail || ')', ''),
       jsonb_build_object('measure', measure.kind, 'measureId', measure.id::text, 'session', session.id::text,
         'nas', session.nas_id, 'obstacle', given.obstacle)
     from unnest($1::bigint[], $2::text[], $3::text[]) as given (session_id, obstacle, detail)
     join session on session.id = given.session_id and session.obstacle = given.obstacle
     join measure on measure.subscriber_id = session.subscriber_id and measure.state = 'active'
     join subscriber_case on subscriber_case.id = measure.case_id and subscriber_case.closed_at is null
     where not exists (
       select from case_event as told where told.case_id = measure.case_id and told.kind = 'measure-not-in-force'
         and told.detail ->> 'measureId' = measure.id::text and told.detail ->> 'session' = session.id::text
         and told.detail ->> 'obstacle' = given.obstacle)
     order by measure.case_id, session.id`,
    [
      obstructed.map(({ sessionId }) => sessionId),
      obstructed.map(({ obstacle }) => obstacle),
      obstructed.map(({ detail }) => detail ?? null),
    ],
  );
}
