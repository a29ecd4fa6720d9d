import type { Transaction } from "../database/database.ts";
import { followSessions } from "../subscriber/session-owner-store.ts";
import { askedUsernames } from "../subscriber/username-owner-store.ts";
import { spellingOfHeard } from "../subscriber/username-spelling.ts";
import { automaticIds } from "./automatic-ids.ts";

type Owners = Map<string, string>;

interface OwnedRow {
  readonly username: string;
  readonly subscriber_id: string;
}

/** Who has exactly these usernames. Locked until the end of the transaction: a username does not move to another subscriber under a session being opened. */
export async function exactOwners(trx: Transaction, usernames: readonly string[]): Promise<Owners> {
  if (usernames.length === 0) return new Map();
  const rows = await trx.query<OwnedRow>(
    `select subscriber_username.username, subscriber_username.subscriber_id from subscriber_username
     where subscriber_username.username = any ($1::text[]) order by subscriber_username.username for share`,
    [usernames],
  );
  return new Map(rows.map(({ username, subscriber_id }) => [username, subscriber_id]));
}

/** By spelling: usernameOwners' rule, with the rows locked. */
async function ownersBySpelling(trx: Transaction, usernames: readonly string[]): Promise<Owners> {
  const rows = await trx.query<OwnedRow & { asked: string }>(
    `select asked.username as asked, spelt.username, spelt.subscriber_id
     from unnest($1::text[], $2::text[]) as asked (username, spelling)
     join subscriber_username as spelt on spelt.spelling = asked.spelling
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

/** With these ids; one that is there already, or that two of them would have, is left to the first. */
async function addAutomatic(trx: Transaction, usernames: readonly string[], ids: readonly string[]): Promise<void> {
  await trx.query(
    `with wanted as materialized (
       select distinct on (wanted.id) wanted.username, wanted.id, wanted.spelling
       from unnest($1::text[], $2::text[], $3::text[]) as wanted (username, spelling, id)
       order by wanted.id, wanted.username),
     added as (
       insert into subscriber (id, is_automatic) select wanted.id, true from wanted
       on conflict (id) do nothing returning subscriber.id)
     insert into subscriber_username (username, subscriber_id, spelling)
     select wanted.username, added.id, wanted.spelling from added join wanted on wanted.id = added.id order by added.id
     on conflict (username) do nothing`,
    [...askedUsernames(usernames), ids],
  );
}

/**
 * The same for usernames that nobody has exactly. `makeMissing`: a name that nobody has in another spelling either makes a
 * subscriber.
 */
export async function ownersOfOthers(
  trx: Transaction,
  usernames: readonly string[],
  makeMissing: boolean,
): Promise<ReadonlyMap<string, string>> {
  if (usernames.length === 0) return new Map();
  const owners = await ownersBySpelling(trx, usernames);
  const missing = usernames.filter((username) => !owners.has(username));
  // Spellings of one name that come at once are one customer, too: the first of them makes it.
  const alike = makeMissing ? [...Map.groupBy(missing, spellingOfHeard).values()] : [];
  for (const nth of [0, 1] as const) {
    const toMake = alike.flatMap(([first]) => (first === undefined || owners.has(first) ? [] : [first]));
    if (toMake.length === 0) break;
    const ids = toMake.map((username) => automaticIds(username)[nth]);
    const [, added] = await Promise.all([addAutomatic(trx, toMake, ids), exactOwners(trx, toMake)]);
    for (const [username, id] of added) owners.set(username, id);
  }
  for (const [first = "", ...others] of alike) {
    const id = owners.get(first);
    if (id !== undefined) for (const username of others) owners.set(username, id);
  }
  return owners;
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
  const owners = await exactOwners(trx, usernames);
  const missing = usernames.filter((username) => !owners.has(username));
  return new Map([...owners, ...(await ownersOfOthers(trx, missing, makeMissing))]);
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
