import type { Transaction } from "../database/database.ts";
import { isHeld } from "./legal-hold-retention-store.ts";

const isIn = (table: string): string => `exists (select from ${table} where ${table}.subscriber_id = subscriber.id)`;

/** Nobody put it, and nothing is known of it any more but its name: which is its customer's. */
const isForgotten = `subscriber.is_automatic and not (${[
  "session",
  "observation",
  "subscriber_case",
  "measure",
  "enforcement",
  "credential",
]
  .map(isIn)
  .join(" or ")} or ${isHeld("subscriber.id")})`;

/**
 * Removes those of these subscribers that accounting made by itself and of which nothing is left. Locks and looks again as
 * the removal by a person does (subscriber/subscriber-write-store.ts): a session that opens meanwhile is seen, or
 * makes the subscriber anew. Returns how many.
 */
export async function removeForgotten(trx: Transaction, subscriberIds: readonly string[]): Promise<number> {
  const forgotten = async (ids: readonly string[]): Promise<string[]> => {
    const rows = await trx.query<{ id: string }>(
      `select subscriber.id from subscriber where subscriber.id = any ($1::text[]) and ${isForgotten}`,
      [ids],
    );
    return rows.map(({ id }) => id);
  };
  const seen = await forgotten(subscriberIds);
  if (seen.length === 0) return 0;
  await trx.query("lock table subscriber_case in share mode");
  await trx.query(
    `select from subscriber_username as owned where owned.subscriber_id = any ($1::text[])
     order by owned.username for update`,
    [seen],
  );
  await trx.query(
    `select from subscriber where subscriber.id = any ($1::text[]) order by subscriber.id collate "C" for update`,
    [seen],
  );
  const still = await forgotten(seen);
  await trx.query("delete from subscriber where subscriber.id = any ($1::text[])", [still]);
  return still.length;
}
