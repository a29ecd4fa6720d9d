import type { Queryable } from "../database/database.ts";
import { spellingOfHeard } from "./username-spelling.ts";

/**
 * Whose a User-Name is, everywhere: the subscriber's that has exactly this username; else, if exactly one subscriber has
 * it but for its spelling (username-spelling.ts: many an upstream makes no difference), that one's; else nobody's.
 * Otherwise "U1" would log in past a suspension of "u1".
 *
 * A relation named "owner" with the columns username (as it was asked) and subscriber_id; nobody's is missing. Its
 * parameters are $1 and $2: `askedUsernames`. One index probe for a name that somebody has exactly, two for others.
 */
export const usernameOwners = `(
  select asked.username, found.subscriber_id
  from unnest($1::text[], $2::text[]) as asked (username, spelling)
  cross join lateral (
    select exact.subscriber_id from subscriber_username as exact where exact.username = asked.username
    union all
    select min(spelt.subscriber_id) from subscriber_username as spelt
    where spelt.spelling = asked.spelling
      and not exists (select from subscriber_username as exact where exact.username = asked.username)
    having count(distinct spelt.subscriber_id) = 1) as found) as owner`;

/** The values of $1 and $2 for `usernameOwners`. */
export const askedUsernames = (usernames: readonly string[]): [readonly string[], readonly string[]] => [
  usernames,
  usernames.map(spellingOfHeard),
];

/** Username as asked -> subscriber. */
export async function ownersOfUsernames(on: Queryable, usernames: readonly string[]): Promise<Map<string, string>> {
  if (usernames.length === 0) return new Map();
  const rows = await on.query<{ username: string; subscriber_id: string }>(
    `select owner.username, owner.subscriber_id from ${usernameOwners}`,
    askedUsernames(usernames),
  );
  return new Map(rows.map((row) => [row.username, row.subscriber_id]));
}
