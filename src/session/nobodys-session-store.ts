import type { Transaction } from "../database/database.ts";
import { attachSessions } from "../subscriber/session-owner-store.ts";
import { subscribersOf } from "./session-subscriber-store.ts";
import type { SessionPortion } from "./stale-session-store.ts";

/**
 * Looks at a portion of the open sessions that are nobody's, and gives them to whom their usernames belong by now: a
 * subscriber who was put while the session opened did not see it, nor the session the subscriber. Returns the subscribers
 * who got some, and the last session looked at (undefined: there are no more).
 */
export async function adoptSessions(
  trx: Transaction,
  { after, limit }: SessionPortion,
): Promise<{ readonly gained: readonly string[]; readonly last: string | undefined }> {
  const nobodys = await trx.query<{ id: string; username: string }>(
    `select session.id, session.username from session
     where session.stopped_at is null and session.subscriber_id is null and session.username <> '' and session.id > $1
     order by session.id limit $2`,
    [after, limit],
  );
  const usernames = [...new Set(nobodys.map(({ username }) => username))].sort();
  const owners = await subscribersOf(trx, usernames, false);
  const owned = [...owners].map(([username, subscriberId]) => ({ username, subscriberId }));
  const gained = owned.length > 0 ? await attachSessions(trx, owned) : [];
  return { gained, last: nobodys.length < limit ? undefined : nobodys.at(-1)?.id };
}
