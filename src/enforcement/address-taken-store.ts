import type { Queryable } from "../database/database.ts";

/**
 * Whether another session of the same NAS has been given an address of this one since: this one's Stop was lost or is late,
 * and whoever asks for the address meets somebody else (session/address-interval-store.ts says so, too).
 */
export async function isAddressTaken(on: Queryable, sessionId: string): Promise<boolean> {
  const rows = await on.query<{ found: boolean }>(
    `select exists (
       select from address_interval as own
       join address_interval as later on later.prefix = own.prefix and later.held_until > own.held_from
         and later.nas_id = own.nas_id and later.session_id <> own.session_id and later.held_from >= own.held_from
       where own.session_id = $1 and own.held_until = 'infinity') as found`,
    [sessionId],
  );
  return rows[0]?.found ?? false;
}
