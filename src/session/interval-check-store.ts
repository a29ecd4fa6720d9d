import type { Database } from "../database/database.ts";
import { closeIntervals } from "./end-sessions-store.ts";
import type { SessionPortion } from "./stale-session-store.ts";

/**
 * Looks at the open intervals of a portion of the sessions that have some, and closes those whose session is over. There
 * should never be any: such an interval would name the wrong customer for good. Returns how many sessions had some, and
 * the last session looked at (undefined: there are no more).
 */
export async function closeOrphanedIntervals(
  database: Pick<Database, "transaction">,
  { after, limit }: SessionPortion,
): Promise<{ readonly closed: number; readonly last: string | undefined }> {
  return await database.transaction(async (trx) => {
    const looked = await trx.query<{ id: string; is_over: boolean }>(
      `select held.session_id as id, coalesce(session.stopped_at is not null, false) as is_over
       from (select open.session_id from address_interval_open as open
         where open.session_id > $1 order by open.session_id limit $2) as held
       left join session on session.id = held.session_id order by held.session_id`,
      [after, limit],
    );
    const over = [...new Set(looked.flatMap(({ id, is_over }) => (is_over ? [id] : [])))];
    if (over.length > 0) {
      await trx.query(
        `select from session where session.id = any ($1::bigint[])
         order by session.nas_id collate "C", session.acct_session_id collate "C" for update`,
        [over],
      );
      await closeIntervals(trx, over);
    }
    return { closed: over.length, last: looked.length < limit ? undefined : looked.at(-1)?.id };
  });
}
