import type { Queryable, Transaction } from "../database/database.ts";
import { isHexText, octetsOfText } from "../radius/octets-text.ts";

/**
 * Whose a User-Name is, everywhere: the subscriber's that has exactly this username; else, if exactly one subscriber has
 * it but for its spelling (upper case, white space around it, NULs at its end: many an upstream makes no difference),
 * that one's; else nobody's. Otherwise "U1" would log in past a suspension of "u1".
 *
 * A relation named "owner" with the columns username (as it was asked) and subscriber_id; nobody's is missing. Its
 * parameters are $1 and $2: `askedUsernames`. One index probe for a name that somebody has exactly, two for others.
 */
export const usernameOwners = `(
  select asked.username, found.subscriber_id
  from unnest($1::text[], $2::text[]) as asked (username, text)
  cross join lateral (
    select exact.subscriber_id from subscriber_username as exact where exact.username = asked.username
    union all
    select min(spelt.subscriber_id) from subscriber_username as spelt
    where weir_username_spelling(spelt.username) = weir_username_spelling(asked.text)
      and not exists (select from subscriber_username as exact where exact.username = asked.username)
    having count(distinct spelt.subscriber_id) = 1) as found) as owner`;

/** The values of $1 and $2 for `usernameOwners`. */
export const askedUsernames = (usernames: readonly string[]): [readonly string[], readonly string[]] => [
  usernames,
  usernames.map(usernameText),
];

/**
 * Octets that have no text of their own are kept as "0x" and hex (radius/octets-text.ts). Here NULs at the end, and what
 * surrounds them, go; and a name that is itself written like hex is found as an operator wrote it.
 */
export function usernameText(username: string): string {
  if (!isHexText(username)) return username;
  const text = octetsOfText(username)
    .toString("utf8")
    .replace(/[\0\s]+$/, "");
  return text.includes("\0") || text.includes("\ufffd") ? username : text;
}

/** Username as asked -> subscriber. */
export async function ownersOfUsernames(on: Queryable, usernames: readonly string[]): Promise<Map<string, string>> {
  if (usernames.length === 0) return new Map();
  const rows = await on.query<{ username: string; subscriber_id: string }>(
    `select owner.username, owner.subscriber_id from ${usernameOwners}`,
    askedUsernames(usernames),
  );
  return new Map(rows.map((row) => [row.username, row.subscriber_id]));
}

export interface SpeltOtherwise {
  /** As it is being given to a subscriber. */
  readonly given: string;
  /** As an automatic subscriber has it. */
  readonly username: string;
  readonly subscriberId: string;
}

/**
 * Usernames of automatic subscribers that are only other spellings of those being given, and of nobody else's: the same
 * customer, made when nobody had the name. Locked until the end of the transaction.
 */
export async function lockOtherSpellings(
  trx: Transaction,
  given: readonly { readonly username: string; readonly subscriberId: string }[],
): Promise<SpeltOtherwise[]> {
  return await trx.query<SpeltOtherwise>(
    `with given as materialized (
       select given.username, given.subscriber_id, weir_username_spelling(given.username) as spelling
       from unnest($1::text[], $2::text[]) as given (username, subscriber_id))
     select given.username as given, spelt.username, spelt.subscriber_id as "subscriberId" from given
     join subscriber_username as spelt on weir_username_spelling(spelt.username) = given.spelling
     join subscriber on subscriber.id = spelt.subscriber_id and subscriber.is_automatic
     where spelt.username <> all ($1::text[])
       and not exists (
         select from given as other where other.spelling = given.spelling and other.subscriber_id <> given.subscriber_id)
       and not exists (
         select from subscriber_username as known join subscriber as owner on owner.id = known.subscriber_id
         where weir_username_spelling(known.username) = given.spelling
           and not owner.is_automatic and owner.id <> given.subscriber_id)
     order by spelt.username for update of spelt`,
    [given.map(({ username }) => username), given.map(({ subscriberId }) => subscriberId)],
  );
}
