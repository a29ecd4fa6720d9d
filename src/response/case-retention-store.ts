import type { Transaction } from "../database/database.ts";
import {
  type AgedRows,
  lookedAt,
  type Portion,
  type PortionRemoved,
  placeValues,
} from "../session/aged-rows-retention-store.ts";
import { isHeld } from "../session/legal-hold-retention-store.ts";
import { namesHeld } from "./observation-retention-store.ts";

/** Closed cases, by their end. One that explains a measure which still stands is kept. */
export const closedCases: AgedRows = {
  table: "subscriber_case",
  age: "subscriber_case.closed_at",
  idType: "bigint",
  subscriber: "subscriber_case.subscriber_id",
  isKept: `${isHeld("subscriber_case.subscriber_id")}
    or exists (select from measure where measure.case_id = subscriber_case.id
      and measure.state in ('awaiting-approval', 'held', 'active'))
    or exists (select from observation where observation.case_id = subscriber_case.id and ${namesHeld})`,
};

/** Observations removed at once: a case may have any number of them. */
const MOST_OBSERVATIONS = 5_000;

interface LockedCase {
  readonly id: string;
  readonly at: string;
  readonly subscriber_id: string | null;
  readonly is_due: boolean;
}

/** Locked: nobody opens one of them again meanwhile, and new evidence for one waits, and then finds it gone. */
async function lockPortion(trx: Transaction, portion: Portion): Promise<LockedCase[]> {
  return await trx.query<LockedCase>(
    `with looked as materialized (${lookedAt(closedCases)})
     select subscriber_case.id, looked.at::text as at, subscriber_case.subscriber_id,
       ${closedCases.age} < $1::timestamptz and not (${closedCases.isKept}) as is_due
     from looked join subscriber_case on subscriber_case.id = looked.id
     order by looked.at, looked.id for update of subscriber_case`,
    placeValues(portion),
  );
}

async function removeEvidence(trx: Transaction, caseIds: readonly string[]) {
  return await trx.query<{ subscriber_id: string | null }>(
    `delete from observation where observation.id in (
       select chosen.id from observation as chosen where chosen.case_id = any ($1::bigint[]) limit $2)
     returning observation.subscriber_id`,
    [caseIds, MOST_OBSERVATIONS],
  );
}

/**
 * Removes what is old enough of a portion, with timelines and observations. Where these are many, their cases are left
 * for the next portion, which begins in the same place.
 */
export async function removeClosedCases(trx: Transaction, portion: Portion): Promise<PortionRemoved> {
  const looked = await lockPortion(trx, portion);
  const due = looked.filter((one) => one.is_due);
  const ids = due.map(({ id }) => id);
  const evidence = await removeEvidence(trx, ids);
  const removed = { observation: evidence.length };
  const subscribers = [...new Set([...due, ...evidence].flatMap(({ subscriber_id }) => subscriber_id ?? []))];
  if (evidence.length === MOST_OBSERVATIONS) return { removed, subscribers, next: { after: portion.after } };
  await trx.query("delete from case_event where case_event.case_id = any ($1::bigint[])", [ids]);
  await trx.query("delete from subscriber_case where subscriber_case.id = any ($1::bigint[])", [ids]);
  const last = looked.length < portion.limit ? undefined : looked.at(-1);
  return {
    removed: { ...removed, subscriber_case: due.length },
    subscribers,
    next: last && { after: { at: last.at, id: last.id } },
  };
}
