import type { Transaction } from "../database/database.ts";
import type { StoredObservation } from "./report-store.ts";

/** Says in the audit that observations were attributed later than they came, and by whom. */
export async function recordAttributions(
  trx: Transaction,
  anew: readonly StoredObservation[],
  by: string,
): Promise<void> {
  if (anew.length === 0) return;
  await trx.query(
    `insert into audit (actor, action, subject, detail)
     select $1, 'observation.attribute', 'observation:' || given.id, given.detail::jsonb
     from unnest($2::text[], $3::text[]) as given (id, detail)`,
    [
      by,
      anew.map(({ id }) => id),
      anew.map(({ attribution: { verdict, subscriber }, earlier }) =>
        JSON.stringify({
          report: earlier?.reportId,
          before: { verdict: earlier?.verdict },
          after: { verdict, subscriber },
        }),
      ),
    ],
  );
}
