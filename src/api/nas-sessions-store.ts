import type { Queryable, Transaction } from "../database/database.ts";
import { endSessions } from "../session/end-sessions-store.ts";

/** What still stands on a NAS. */
export interface OpenOnNas {
  /** Open sessions, counted no further than this. */
  readonly sessions: number;
  /** The newest sign of life of the NAS since then; null: none. */
  readonly heardAt: Date | null;
}

export const MOST_COUNTED = 100_000;

export async function openOnNas(on: Queryable, nasId: string, since: Date): Promise<OpenOnNas> {
  const [row] = await on.query<{ sessions: number; heard_at: Date | null }>(
    `select open.sessions, greatest(open.seen_at, heard.slot) as heard_at
     from (
       select count(*)::int as sessions, max(counted.last_seen_at) filter (where counted.last_seen_at > $2) as seen_at from (
         select session.last_seen_at from session where session.nas_id = $1 and session.stopped_at is null limit $3
       ) as counted) as open
     cross join (
       select max(nas_heard.slot) as slot from nas_heard where nas_heard.nas_id = $1 and nas_heard.slot > $2) as heard`,
    [nasId, since, MOST_COUNTED],
  );
  return { sessions: row?.sessions ?? 0, heardAt: row?.heard_at ?? null };
}

/**
 * Ends some open sessions of a NAS that is heard no more, each when it was last seen, as a session ends that fell silent.
 * Returns how many.
 */
export async function endSomeOfNas(trx: Transaction, nasId: string, limit: number): Promise<number> {
  const rows = await trx.query<{ id: string }>(
    `select session.id from session
     where session.stopped_at is null and session.id in (
       select chosen.id from session as chosen where chosen.nas_id = $1 and chosen.stopped_at is null limit $2)
     -- as recorders sort their keys
     order by session.acct_session_id collate "C" for update`,
    [nasId, limit],
  );
  const ids = rows.map(({ id }) => id);
  await endSessions(trx, { ids, cause: "stale" });
  return ids.length;
}
