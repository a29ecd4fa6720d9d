import type { Queryable } from "../database/database.ts";
import { MOST_COUNTED, type Stock } from "./aged-rows-retention-store.ts";
import { isHeld } from "./legal-hold-retention-store.ts";

const isKept = `exists (select from kept_session where kept_session.session_id = stray.session_id)
  or ${isHeld("stray.subscriber_id")}`;

/** Removes intervals that ended before then, and are in no month: `limit` at most. Returns how many. */
export async function removeStrays(on: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await on.query(
    `delete from address_interval_stray where ctid = any (array(
       select stray.ctid from address_interval_stray as stray
       where stray.held_until < $1 and not (${isKept}) limit $2))
     returning 1`,
    [before, limit],
  );
  return rows.length;
}

export async function straysLeft(on: Queryable, before: Date): Promise<Stock> {
  const [row] = await on.query<{ oldest: Date | null; old: number; overdue: number }>(
    `select (select min(stray.held_until) from address_interval_stray as stray) as oldest, count(*)::int as old,
       count(*) filter (where not looked.is_kept)::int as overdue
     from (
       select ${isKept} as is_kept from address_interval_stray as stray where stray.held_until < $1 limit $2) as looked`,
    [before, MOST_COUNTED],
  );
  const { oldest = null, old = 0, overdue = 0 } = row ?? {};
  return { oldest, kept: old - overdue, overdue };
}
