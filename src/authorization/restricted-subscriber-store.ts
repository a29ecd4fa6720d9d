import type { Queryable } from "../database/database.ts";
import type { Profile } from "../enforcement/profile.ts";
import type { KnownProfile } from "./last-known-profiles.ts";

/** Usernames of every restricted subscriber with their profiles, at most `limit`. */
export async function restrictedUsernames(queryable: Queryable, limit: number): Promise<KnownProfile[]> {
  const rows = await queryable.query<{ username: string; subscriber_id: string; profile: Profile }>(
    `select subscriber_username.username, subscriber.id as subscriber_id, subscriber.profile
       from subscriber
       join subscriber_username on subscriber_username.subscriber_id = subscriber.id
      where subscriber.profile_digest is not null
      limit $1`,
    [limit],
  );
  return rows.map((row) => ({ username: row.username, subscriberId: row.subscriber_id, profile: row.profile }));
}
