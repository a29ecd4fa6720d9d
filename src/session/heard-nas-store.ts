import type { Queryable } from "../database/database.ts";

/** A NAS counts as heard in spans of this length. */
export const HEARD_SLOT_MS = 300_000;

export interface HeardSlot {
  readonly nasId: string;
  /** The beginning of the span. */
  readonly slot: Date;
}

export async function markHeard(on: Queryable, slots: readonly HeardSlot[]): Promise<void> {
  await on.query(
    `insert into nas_heard (nas_id, slot) select heard.nas_id, heard.slot
     from unnest($1::text[], $2::timestamptz[]) as heard (nas_id, slot) order by heard.nas_id
     on conflict (nas_id, slot) do nothing`,
    [slots.map(({ nasId }) => nasId), slots.map(({ slot }) => slot)],
  );
}

/** Forgets spans before a time. Returns how many, `limit` at most. */
export async function forgetHeard(on: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await on.query(
    `delete from nas_heard using (
       select old.nas_id, old.slot from nas_heard as old where old.slot < $1 order by old.slot limit $2) as chosen
     where nas_heard.nas_id = chosen.nas_id and nas_heard.slot = chosen.slot returning 1`,
    [before, limit],
  );
  return rows.length;
}
