import type { Queryable, Transaction } from "../database/database.ts";
import {
  type AgedRows,
  lookedAt,
  MOST_COUNTED,
  type Portion,
  type PortionRemoved,
  placeValues,
  type Stock,
} from "../session/aged-rows-retention-store.ts";
import { isObservationKept } from "./observation-retention-store.ts";

/** Reports, by when they came. One of which an observation is kept stays as its origin. */
export const receivedReports: AgedRows = {
  table: "report",
  age: "report.received_at",
  idType: "uuid",
  isKept: `exists (select from observation where observation.report_id = report.id and (${isObservationKept}))`,
};

/** Observations removed at once: a report may have a million. */
const MOST_OBSERVATIONS = 5_000;

/**
 * Removes from a portion of the reports that are old enough the observations that belong to no case, and then those of
 * which nothing is left. Where there are many, the next portion begins in the same place.
 */
export async function removeReports(trx: Transaction, portion: Portion): Promise<PortionRemoved> {
  const looked = await trx.query<{ id: string; at: string }>(
    `with looked as materialized (${lookedAt(receivedReports)})
     select looked.id, looked.at::text as at from looked order by looked.at, looked.id`,
    placeValues(portion),
  );
  const ids = looked.map(({ id }) => id);
  const evidence = await trx.query<{ subscriber_id: string | null }>(
    `delete from observation where observation.id in (
       select observation.id from observation
       where observation.report_id = any ($1::uuid[]) and not (${isObservationKept}) limit $2)
     returning observation.subscriber_id`,
    [ids, MOST_OBSERVATIONS],
  );
  const subscribers = [...new Set(evidence.flatMap(({ subscriber_id }) => subscriber_id ?? []))];
  if (evidence.length === MOST_OBSERVATIONS)
    return { removed: { observation: evidence.length }, subscribers, next: { after: portion.after } };
  const reports = await trx.query(
    `delete from report where report.id = any ($1::uuid[])
       and not exists (select from observation where observation.report_id = report.id)
     returning 1`,
    [ids],
  );
  const last = looked.length < portion.limit ? undefined : looked.at(-1);
  return {
    removed: { observation: evidence.length, report: reports.length },
    subscribers,
    next: last && { after: { at: last.at, id: last.id } },
  };
}

/** How old observations are, by their report; of those in reports that are old enough how many are kept, and overdue. */
export async function oldObservations(on: Queryable, before: Date): Promise<Stock> {
  const [row] = await on.query<{ oldest: Date | null; kept: number; overdue: number }>(
    `select (
         select report.received_at from report
         where exists (select from observation where observation.report_id = report.id)
         order by report.received_at limit 1) as oldest,
       count(*) filter (where looked.is_kept)::int as kept, count(*) filter (where not looked.is_kept)::int as overdue
     from (
       select ${isObservationKept} as is_kept
       from report join observation on observation.report_id = report.id where report.received_at < $1
       order by report.received_at limit $2) as looked`,
    [before, MOST_COUNTED],
  );
  return row ?? { oldest: null, kept: 0, overdue: 0 };
}
