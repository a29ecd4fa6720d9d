import type { Queryable } from "../database/database.ts";
import type { AgedRows } from "../session/aged-rows-retention-store.ts";
import { isHeld } from "../session/legal-hold-retention-store.ts";

/** Measures that ended, by their end. Those of a case go with it, and those that another case's timeline names. */
export const endedMeasures: AgedRows = {
  table: "measure",
  age: "measure.lifted_at",
  idType: "bigint",
  subscriber: "measure.subscriber_id",
  isKept: `${isHeld("measure.subscriber_id")}
    or exists (select from subscriber_case as matter where matter.id = measure.case_id)
    or exists (
      select from subscriber_case as matter join case_event on case_event.case_id = matter.id
      where matter.subscriber_id = measure.subscriber_id and case_event.detail ->> 'measureId' = measure.id::text)`,
};

/** How far back a breaker counts measures, in seconds. */
export async function longestBreakerWindow(on: Queryable): Promise<number> {
  const [row] = await on.query<{ seconds: number | null }>(
    "select max(breaker.window_seconds) as seconds from breaker",
  );
  return row?.seconds ?? 0;
}
