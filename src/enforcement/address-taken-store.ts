import type { Queryable } from "../database/database.ts";

export interface NamedByAddress {
  readonly sessionId: string;
  /** Addresses and prefixes by which its NAS is to find it. */
  readonly addresses: readonly string[];
}

/**
 * Whether another session of the same NAS has been given one of these addresses since this one was: its Stop was lost or is
 * late, and whoever asks for the address meets somebody else (session/address-interval-store.ts says so, too). Also of a
 * session that is taken to be over for its silence, and holds nothing by the records any more.
 */
export async function isAddressTaken(on: Queryable, { sessionId, addresses }: NamedByAddress): Promise<boolean> {
  const rows = await on.query<{ found: boolean }>(
    `select exists (
       select from session as own cross join unnest($2::inet[]) as asked (address)
       cross join lateral (
         select coalesce(max(held.held_from), own.last_seen_at) as held_from from address_interval as held
         where held.session_id = own.id and held.prefix = network(asked.address)) as since
       join address_interval as later on later.prefix = network(asked.address) and later.held_until > since.held_from
         and later.nas_id = own.nas_id and later.session_id <> own.id and later.held_from >= since.held_from
       where own.id = $1) as found`,
    [sessionId, addresses],
  );
  return rows[0]?.found ?? false;
}
