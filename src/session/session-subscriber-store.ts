import type { Transaction } from "../database/database.ts";
import { followSessions } from "../subscriber/session-owner-store.ts";
import { askedUsernames } from "../subscriber/username-owner-store.ts";

type Owners = Map<string, string>;

interface OwnedRow {
  readonly username: string;
  readonly subscriber_id: string;
}

/** Locked until the end of the transaction: a username does not move to another subscriber under a session being opened. */
async function exactOwners(trx: Transaction, usernames: readonly string[]): Promise<Owners> {
  const rows = await trx.query<OwnedRow>(
    `select subscriber_username.username, subscriber_username.subscriber_id from subscriber_username
     where subscriber_username.username = any ($1::text[]) order by subscriber_username.username for share`,
    [usernames],
  );
  return new Map(rows.map(({ username, subscriber_id }) => [username, subscriber_id]));
}

/** The same for names that nobody has exactly: usernameOwners' rule, with the rows locked. */
async function ownersBySpelling(trx: Transaction, usernames: readonly string[]): Promise<Owners> {
  const rows = await trx.query<OwnedRow & { asked: string }>(
    `select asked.username as asked, spelt.username, spelt.subscriber_id
     from unnest($1::text[], $2::text[]) as asked (username, text)
     join subscriber_username as spelt
       on weir_username_spelling(spelt.username) = weir_username_spelling(asked.text)
     order by spelt.username for share of spelt`,
    askedUsernames(usernames),
  );
  const found = Map.groupBy(rows, ({ asked }) => asked);
  return new Map(
    [...found].flatMap(([asked, spelt]) => {
      const [subscriberId, ...others] = new Set(spelt.map(({ subscriber_id }) => subscriber_id));
      return subscriberId === undefined || others.length > 0 ? [] : [[asked, subscriberId] as const];
    }),
  );
}

async function ownersOf(trx: Transaction, usernames: readonly string[]): Promise<Owners> {
  const owners = await exactOwners(trx, usernames);
  const missing = usernames.filter((username) => !owners.has(username));
  if (missing.length === 0) return owners;
  return new Map([...owners, ...(await ownersBySpelling(trx, missing))]);
}

/** `prefix`: where the username is the id of a subscriber who does not have it, the automatic one needs another id. */
async function addAutomatic(trx: Transaction, usernames: readonly string[], prefix: string): Promise<void> {
  await trx.query(
    `with added as (
       insert into subscriber (id, is_automatic)
       select $2 || wanted.username, true from unnest($1::text[]) as wanted (username)
       on conflict (id) do nothing returning subscriber.id)
     insert into subscriber_username (username, subscriber_id)
     select substr(added.id, length($2) + 1), added.id from added order by added.id on conflict (username) do nothing`,
    [usernames, prefix],
  );
}

/**
 * Whose these usernames are. `makeMissing`: a name that nobody has makes a subscriber with that name as id.
 * Usernames must be sorted, each once, so that nodes that make the same subscribers do not wait in a circle.
 */
export async function subscribersOf(
  trx: Transaction,
  usernames: readonly string[],
  makeMissing: boolean,
): Promise<ReadonlyMap<string, string>> {
  if (usernames.length === 0) return new Map();
  const owners = await ownersOf(trx, usernames);
  for (const prefix of makeMissing ? ["", "auto:"] : []) {
    const missing = usernames.filter((username) => !owners.has(username));
    if (missing.length === 0) break;
    const [, added] = await Promise.all([addAutomatic(trx, missing, prefix), exactOwners(trx, missing)]);
    for (const [username, id] of added) owners.set(username, id);
  }
  return owners;
}

/** Sessions that were nobody's become somebody's, with all that they held. */
export async function nameSessions(
  trx: Transaction,
  named: readonly { readonly sessionId: string; readonly subscriberId: string }[],
): Promise<void> {
  if (named.length === 0) return;
  const values = [named.map(({ sessionId }) => sessionId), named.map(({ subscriberId }) => subscriberId)];
  const owner = "unnest($1::bigint[], $2::text[]) as owner (session_id, subscriber_id)";
  await trx.query(
    `update session set subscriber_id = owner.subscriber_id from ${owner} where session.id = owner.session_id`,
    values,
  );
  await followSessions(
    trx,
    named.map(({ sessionId }) => sessionId),
  );
}
