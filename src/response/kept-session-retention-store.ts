import type { Queryable } from "../database/database.ts";
import { isSentFor } from "../enforcement/enforcement-retention-store.ts";

/** Rows by id, from the one after `after`. */
export interface IdPortion {
  readonly after: string;
  readonly limit: number;
}

/** The list of sessions that stay, whatever their age, is filled anew: begins here. */
export async function forgetKeptSessions(on: Queryable): Promise<void> {
  await on.query("truncate kept_session");
}

const keep = (chosen: string, sessions: string): string =>
  `with chosen as materialized (${chosen}),
   kept as (
     insert into kept_session (session_id)
     select named.session_id from (${sessions}) as named where named.session_id is not null on conflict do nothing)
   select count(*)::int as count, max(chosen.id)::text as last from chosen`;

async function keepPortion(on: Queryable, statement: string, { after, limit }: IdPortion): Promise<string | undefined> {
  const [row] = await on.query<{ count: number; last: string | null }>(statement, [after, limit]);
  return row && row.count === limit ? (row.last ?? undefined) : undefined;
}

const idIn = (text: string): string => `substring(${text} from '^\\d{1,18}$')::bigint`;

/** Of the measures in this relation: the sessions that something was sent to for them. */
const reachedBy = (measures: string): string =>
  `select enforcement.session_id from ${measures} join enforcement on ${isSentFor("measure")}`;

/**
 * Keeps the sessions that explain open cases: whose address it was, for sure or perhaps, and what their measures were
 * sent to. Returns the last case looked at; undefined: there are no more.
 */
export async function keepSessionsOfCases(on: Queryable, portion: IdPortion): Promise<string | undefined> {
  const observed = "chosen join observation on observation.case_id = chosen.id";
  const statement = keep(
    `select subscriber_case.id from subscriber_case where subscriber_case.closed_at is null and subscriber_case.id > $1
     order by subscriber_case.id limit $2`,
    `select observation.session_id from ${observed}
     union select ${idIn("candidate ->> 'session'")} from ${observed}
       cross join lateral jsonb_array_elements(observation.candidates) as candidate
     union ${reachedBy("chosen join measure on measure.case_id = chosen.id")}
     union ${reachedBy(`chosen join case_event on case_event.case_id = chosen.id
       join measure on measure.id = ${idIn("case_event.detail ->> 'measureId'")}`)}`,
  );
  return await keepPortion(on, statement, portion);
}

/** The same for measures that stand, whatever their case. */
export async function keepSessionsOfMeasures(on: Queryable, portion: IdPortion): Promise<string | undefined> {
  const statement = keep(
    `select measure.id from measure where measure.state in ('awaiting-approval', 'held', 'active') and measure.id > $1
     order by measure.id limit $2`,
    reachedBy("chosen join measure on measure.id = chosen.id"),
  );
  return await keepPortion(on, statement, portion);
}

/** Keeps every session of customers under a legal hold. */
export async function keepSessionsOfHolds(on: Queryable): Promise<void> {
  await on.query(
    `insert into kept_session (session_id)
     select session.id from legal_hold join session on session.subscriber_id = legal_hold.subscriber_id
     on conflict do nothing`,
  );
}
