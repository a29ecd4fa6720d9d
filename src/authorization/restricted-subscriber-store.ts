import type { Queryable } from "../database/database.ts";
import type { Profile } from "../enforcement/profile.ts";
import type { KnownProfile } from "./last-known-profiles.ts";

interface RestrictedRow {
  readonly username: string;
  readonly spelling: string;
  readonly subscriber_id: string;
  readonly profile: Profile;
  readonly is_any_spelling: boolean;
}

/** Usernames of every restricted subscriber with their profiles, at most `limit`. */
export async function restrictedUsernames(queryable: Queryable, limit: number): Promise<KnownProfile[]> {
  const rows = await queryable.query<RestrictedRow>(
    `select subscriber_username.username, subscriber_username.spelling, subscriber.id as subscriber_id, subscriber.profile,
       not exists (select from subscriber_username as other
         where other.spelling = subscriber_username.spelling
           and other.subscriber_id <> subscriber.id) as is_any_spelling
       from subscriber
       join subscriber_username on subscriber_username.subscriber_id = subscriber.id
      where subscriber.profile_digest is not null
      limit $1`,
    [limit],
  );
  return rows.map((row) => ({
    username: row.username,
    spelling: row.spelling,
    subscriberId: row.subscriber_id,
    profile: row.profile,
    isAnySpelling: row.is_any_spelling,
  }));
}
