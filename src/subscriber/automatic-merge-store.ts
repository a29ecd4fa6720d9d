import type { Transaction } from "../database/database.ts";
import { followSessions } from "./session-owner-store.ts";

/** An automatic subscriber, and the real one that turned out to be the same customer. */
export interface Merge {
  readonly from: string;
  readonly into: string;
}

/** The pairs as a relation named "merge". */
const pairs = "unnest($1::text[], $2::text[]) as merge (from_id, into_id)";

const arrays = (merges: readonly Merge[]) => [merges.map(({ from }) => from), merges.map(({ into }) => into)];

/** Sessions and whose they become, locked as recorders sort their keys. */
const lockedSessions = (
  ofMerge: string,
): string => `select session.id, merge.into_id from ${pairs} join session on ${ofMerge}
  order by session.nas_id collate "C", session.acct_session_id collate "C", session.incarnation for no key update of session`;

/**
 * Gives everything that automatic subscribers have to the real subscribers who claimed their usernames, and removes
 * them. What they did was done under that very name, so their sessions, past and open, observations, cases and measures
 * are the real subscriber's. The caller holds the locks on all of them, and lets the profile be worked out anew.
 */
export async function mergeAutomaticSubscribers(trx: Transaction, merges: readonly Merge[], now: Date): Promise<void> {
  if (merges.length === 0) return;
  await moveSessions(trx, merges);
  await moveRecords(trx, merges);
  for (const merge of await withMatters(trx, merges)) {
    await moveCases(trx, merge, now);
    await moveMeasures(trx, merge, now);
  }
  await trx.query("delete from subscriber where subscriber.id = any ($1::text[])", [merges.map(({ from }) => from)]);
}

/** Sessions first, which locks them: accounting that was changing their intervals has committed before these are moved. */
async function moveSessions(trx: Transaction, merges: readonly Merge[]): Promise<void> {
  const moved = await trx.query<{ id: string }>(
    `update session set subscriber_id = merge.into_id
     from (${lockedSessions("session.subscriber_id = merge.from_id")}) as merge (id, into_id)
     where session.id = merge.id returning session.id`,
    arrays(merges),
  );
  await followSessions(
    trx,
    moved.map(({ id }) => id),
  );
}

async function moveRecords(trx: Transaction, merges: readonly Merge[]): Promise<void> {
  for (const table of ["observation", "enforcement", "enforcement_job"])
    await trx.query(
      `update ${table} set subscriber_id = merge.into_id from ${pairs} where ${table}.subscriber_id = merge.from_id`,
      arrays(merges),
    );
}

/** Few automatic subscribers have cases or measures, so only those are moved one by one. */
async function withMatters(trx: Transaction, merges: readonly Merge[]): Promise<Merge[]> {
  return await trx.query<Merge>(
    `select merge.from_id as from, merge.into_id as into from ${pairs}
     where exists (select from subscriber_case where subscriber_case.subscriber_id = merge.from_id)
        or exists (select from measure where measure.subscriber_id = merge.from_id)`,
    arrays(merges),
  );
}

/** Where both have an open case of one category, the automatic subscriber's is closed and its observations go to the other. */
async function moveCases(trx: Transaction, merge: Merge, now: Date): Promise<void> {
  const doubled = await trx.query<{ id: string; into_case: string }>(
    `select mine.id, theirs.id as into_case from subscriber_case as mine
     join subscriber_case as theirs on theirs.category = mine.category and theirs.subscriber_id = $2
     where mine.subscriber_id = $1 and mine.closed_at is null and theirs.closed_at is null`,
    [merge.from, merge.into],
  );
  for (const { id, into_case } of doubled) {
    await trx.query("update observation set case_id = $2 where case_id = $1", [id, into_case]);
    await trx.query("update measure set case_id = $2 where case_id = $1", [id, into_case]);
    await trx.query("update subscriber_case set state = 'closed', closed_at = $2, updated_at = $2 where id = $1", [
      id,
      now,
    ]);
    await trx.query(`insert into case_event (case_id, at, kind, actor, note) values ($1, $2, 'closed', 'system', $3)`, [
      id,
      now,
      `the subscriber is ${merge.into}: see case ${into_case}`,
    ]);
  }
  await trx.query("update subscriber_case set subscriber_id = $2 where subscriber_id = $1", [merge.from, merge.into]);
}

/**
 * Where both have a standing measure of one kind, the real subscriber's own stands; but one that is in force is not ended
 * by one that only waits for a person: that would let the customer go.
 */
async function moveMeasures(trx: Transaction, merge: Merge, now: Date): Promise<void> {
  await trx.query(
    `update measure set state = 'lifted', lifted_at = $3, lifted_by = 'system', lifted_reason = $4
     where measure.id in (
       select case when mine.state = 'active' and own.state <> 'active' then own.id else mine.id end
       from measure as mine join measure as own on own.kind = mine.kind and own.subscriber_id = $2
       where mine.subscriber_id = $1 and mine.state in ('awaiting-approval', 'held', 'active')
         and own.state in ('awaiting-approval', 'held', 'active'))`,
    [merge.from, merge.into, now, `subscriber ${merge.from} is ${merge.into}: one measure of a kind stands`],
  );
  await trx.query("update measure set subscriber_id = $2 where subscriber_id = $1", [merge.from, merge.into]);
}
