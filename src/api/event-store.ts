import type { Queryable } from "../database/database.ts";
import { measureStates } from "../enforcement/measure-view-store.ts";

/** Something that happened, as /v1/events tells it: enough to know what to ask for. */
export interface LiveEvent {
  /** The same event has the same id on every node. */
  readonly id: string;
  readonly type: "case" | "measure" | "enforcement" | "audit";
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An enforcement is told when it is answered, which may be this long after it was asked for. */
export const LOOK_BACK_MS = 60_000;
const MOST_PER_LOOK = 500;

interface EventRow {
  readonly key: string;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Each reads the newest rows only, over an index, whatever the size of its table. */
const statements: Readonly<Record<LiveEvent["type"], string>> = {
  case: `select case_event.id::text as key, case_event.at, json_build_object('case', case_event.case_id::text,
      'kind', case_event.kind, 'actor', case_event.actor, 'subscriber', subscriber_case.subscriber_id,
      'category', subscriber_case.category, 'state', subscriber_case.state) as data
    from (select newest.* from case_event as newest order by newest.id desc limit $2) as case_event
    join subscriber_case on subscriber_case.id = case_event.case_id
    where case_event.at > $1`,
  measure: `select measure.id || ':' || measure.state as key,
      greatest(measure.ordered_at, measure.decided_at, measure.lifted_at) as at,
      json_build_object('measure', measure.id::text, 'subscriber', measure.subscriber_id, 'kind', measure.kind) as data
    from (select newest.* from measure as newest order by newest.id desc limit $2) as measure
    where greatest(measure.ordered_at, measure.decided_at, measure.lifted_at) > $1`,
  enforcement: `select enforcement.id::text as key, enforcement.answered_at as at,
      json_build_object('enforcement', enforcement.id::text, 'session', enforcement.session_id::text,
        'nas', enforcement.nas_id, 'subscriber', enforcement.subscriber_id, 'kind', enforcement.kind,
        'outcome', enforcement.outcome) as data
    from (select newest.* from enforcement as newest where newest.requested_at > $1
      order by newest.requested_at desc limit $2) as enforcement
    where enforcement.outcome is not null`,
  audit: `select audit.id::text as key, audit.at, json_build_object('actor', audit.actor, 'action', audit.action,
      'subject', audit.subject) as data
    from audit where audit.at > $1 order by audit.at desc limit $2`,
};

/** Measures are stored as what is to hold; told is how they stand, in the words in which their own calls say it. */
async function withStates(on: Queryable, events: readonly LiveEvent[]): Promise<LiveEvent[]> {
  const measures = events.filter(({ type }) => type === "measure");
  if (measures.length === 0) return [...events];
  const states = await measureStates(
    on,
    measures.map(({ data }) => String(data["measure"])),
  );
  return events.map((event) =>
    event.type === "measure"
      ? { ...event, data: { ...event.data, state: states.get(String(event.data["measure"])) ?? "lifted" } }
      : event,
  );
}

export interface Lookout {
  readonly since: Date;
  /** Events by id that need not be found again. */
  readonly isTold: (id: string) => boolean;
}

/** What happened since `since`, oldest first. Under more load than anybody can watch, the newest of it. */
export async function eventsSince(on: Queryable, { since, isTold }: Lookout): Promise<LiveEvent[]> {
  const found: LiveEvent[] = [];
  for (const type of ["case", "measure", "enforcement", "audit"] as const) {
    const rows = await on.query<EventRow>(statements[type], [since, MOST_PER_LOOK]);
    found.push(...rows.map(({ key, at, data }) => ({ id: `${type}:${key}`, type, at: at ?? since, data })));
  }
  const fresh = found.filter(({ id }) => !isTold(id)).sort((a, b) => a.at.getTime() - b.at.getTime());
  return await withStates(on, fresh);
}
