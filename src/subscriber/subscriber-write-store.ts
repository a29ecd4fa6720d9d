import type { Transaction } from "../database/database.ts";
import { mergeAutomaticSubscribers } from "./automatic-merge-store.ts";
import { ConflictError } from "./retry-conflict.ts";
import { attachSessions, disownSessions, type OwnedUsername } from "./session-owner-store.ts";
import { lockSpellings } from "./spelling-lock-store.ts";
import type { SubscriberInput } from "./subscriber.ts";
import { SubscriberError } from "./subscriber-error.ts";
import { planUsernames, type UsernameOwner, type UsernamePlan, type UsernameTaken } from "./username-plan.ts";
import { usernameSpelling } from "./username-spelling.ts";

export type PutResult =
  /** `isPasswordLeft`: the given one was withdrawn by a regeneration, and is not taken again. */
  { readonly kind: "created" | "replaced"; readonly isPasswordLeft?: true } | UsernameTaken;

export interface PutDependencies {
  /** Seals and stores passwords, but for those that were withdrawn; returns whose were. */
  readonly replaceCredentials: (
    trx: Transaction,
    credentials: readonly { readonly subscriberId: string; readonly password: string }[],
  ) => Promise<ReadonlySet<string>>;
  /** These subscribers got sessions, or measures, that they did not have: let enforcement look at them. */
  readonly sessionsGained: (trx: Transaction, subscriberIds: readonly string[]) => Promise<void>;
  readonly now: () => Date;
}

/**
 * Creates or replaces subscribers, in order as if each came alone; one whose username, or another spelling of it, belongs to
 * another real subscriber is left out, and its result says so. Usernames of automatic subscribers, in any spelling, bring
 * these along (mergeAutomaticSubscribers); open sessions of nobody under a new username become the subscriber's.
 * May throw ConflictError or a passing PostgreSQL error: run the transaction through retryingConflicts.
 */
export async function putSubscribers(
  trx: Transaction,
  inputs: readonly SubscriberInput[],
  dependencies: PutDependencies,
): Promise<PutResult[]> {
  const { known, existing } = await lockOwners(trx, inputs);
  const plan = planUsernames(inputs, known);
  const written = inputs.filter((_, index) => plan.verdicts[index]?.kind === "taken-over");
  await mergeAutomaticSubscribers(trx, plan.merges, dependencies.now());
  await upsertRows(trx, lastOfEach(written));
  await changeUsernames(trx, plan, [...existing]);
  const withCredential = written.flatMap(({ id, credential }) =>
    credential ? [{ subscriberId: id, ...credential }] : [],
  );
  const left = withCredential.length > 0 ? await dependencies.replaceCredentials(trx, withCredential) : new Set();
  const gained = new Set([...(await attachSessions(trx, plan.added)), ...plan.merges.map(({ into }) => into)]);
  if (gained.size > 0) await dependencies.sessionsGained(trx, [...gained].sort());
  return plan.verdicts.map((verdict, index) => {
    const id = inputs[index]?.id ?? "";
    if (verdict.kind !== "taken-over") return verdict;
    const isKnown = existing.has(id);
    existing.add(id);
    const isPasswordLeft = left.has(id) && inputs[index]?.credential !== undefined;
    return { kind: isKnown ? "replaced" : "created", ...(isPasswordLeft && { isPasswordLeft }) };
  });
}

const lastOfEach = (inputs: readonly SubscriberInput[]): SubscriberInput[] =>
  [...new Map(inputs.map((input) => [input.id, input])).values()].sort((a, b) => (a.id < b.id ? -1 : 1));

interface OwnedRow {
  readonly username: string;
  readonly spelling: string;
  readonly subscriber_id: string;
}

/**
 * Locks the usernames and then the subscribers that the inputs touch, in the order in which accounting does, and tells
 * who has which username.
 */
async function lockOwners(trx: Transaction, inputs: readonly SubscriberInput[]) {
  const ids = inputs.map(({ id }) => id);
  const spellings = [...new Set(inputs.flatMap(({ usernames }) => usernames.map(usernameSpelling)))];
  await lockSpellings(trx, spellings);
  const owned = await trx.query<OwnedRow>(
    `select owned.username, owned.spelling, owned.subscriber_id from subscriber_username as owned
     where owned.username = any ($1::text[]) or owned.subscriber_id = any ($2::text[]) or owned.spelling = any ($3::text[])
     order by owned.username for update`,
    [inputs.flatMap((input) => input.usernames), ids, spellings],
  );
  const locked = await trx.query<{ id: string; is_automatic: boolean }>(
    `select subscriber.id, subscriber.is_automatic from subscriber where subscriber.id = any ($1::text[])
     order by subscriber.id collate "C" for update`,
    [[...ids, ...owned.map((row) => row.subscriber_id)]],
  );
  const automatic = new Map(locked.map((row) => [row.id, row.is_automatic]));
  const ownerOf = ({ username, spelling, subscriber_id: subscriberId }: OwnedRow): UsernameOwner => {
    const isAutomatic = automatic.get(subscriberId);
    if (isAutomatic === undefined) throw new ConflictError(`the owner of username ${username} was just removed`);
    return { username, spelling, subscriberId, isAutomatic };
  };
  return { known: owned.map(ownerOf), existing: new Set(automatic.keys()) };
}

async function upsertRows(trx: Transaction, inputs: readonly SubscriberInput[]): Promise<void> {
  const column = (value: (input: SubscriberInput) => string | undefined) => inputs.map((input) => value(input) ?? null);
  await trx.query(
    `insert into subscriber as stored (id, name, email, phone, locale, class, plan, protections)
     select given.id, given.name, given.email, given.phone, given.locale, given.class, given.plan::jsonb,
       array(select jsonb_array_elements_text(given.protections::jsonb))
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
       as given (id, name, email, phone, locale, class, plan, protections)
     on conflict (id) do update set name = excluded.name, email = excluded.email, phone = excluded.phone,
       locale = excluded.locale, class = excluded.class, plan = excluded.plan, protections = excluded.protections,
       is_automatic = false, updated_at = now()`,
    [
      column((input) => input.id),
      column((input) => input.name),
      column((input) => input.email),
      column((input) => input.phone),
      column((input) => input.locale),
      column((input) => input.class ?? "residential"),
      column((input) => input.plan && JSON.stringify(input.plan)),
      column((input) => JSON.stringify(input.protections ?? [])),
    ],
  );
}

const usernameArrays = (added: readonly OwnedUsername[]) => {
  const sorted = [...added].sort((a, b) => (a.username < b.username ? -1 : 1));
  return [
    sorted.map(({ username }) => username),
    sorted.map(({ subscriberId }) => subscriberId),
    sorted.map(({ username }) => usernameSpelling(username)),
  ];
};

/** A username that somebody got meanwhile is a unique violation: the transaction is tried again and sees them. */
async function changeUsernames(trx: Transaction, plan: UsernamePlan, locked: readonly string[]): Promise<void> {
  const leaving = [...plan.removed, ...plan.added.map(({ username }) => username)];
  await trx.query(
    "delete from subscriber_username where username = any ($1::text[]) and subscriber_id = any ($2::text[])",
    [leaving, locked],
  );
  await trx.query(
    `insert into subscriber_username (username, subscriber_id, spelling)
     select * from unnest($1::text[], $2::text[], $3::text[])`,
    usernameArrays(plan.added),
  );
}

/**
 * Removes a subscriber, with usernames and credential; what happened stays on record under the id, and is never taken for
 * what somebody did who gets the id later. Refused while
 * anything still stands on it (SubscriberError subscriber-in-use). False: there was none. Locks usernames before the
 * subscriber, as accounting does, and looks only then: what it waited for is visible in a later statement.
 */
export async function deleteSubscriber(trx: Transaction, id: string): Promise<boolean> {
  // A report locks no subscriber when it opens a case: those that are doing so end first, and later ones see nobody.
  await trx.query("lock table subscriber_case in share mode");
  // Sessions before usernames, as accounting locks them; those that come in between are few, and over.
  await disownSessions(trx, id);
  await trx.query(
    `select from subscriber_username as owned where owned.subscriber_id = $1 order by owned.username for update`,
    [id],
  );
  const locked = await trx.query("select from subscriber where subscriber.id = $1 for update", [id]);
  if (locked.length === 0) return false;
  const standing = await whatStands(trx, id);
  if (standing.length > 0)
    throw new SubscriberError("subscriber-in-use", `subscriber ${id} still has ${standing.join(" and ")}`);
  await disownSessions(trx, id);
  await trx.query("delete from subscriber where subscriber.id = $1", [id]);
  return true;
}

async function whatStands(trx: Transaction, id: string): Promise<string[]> {
  const [row] = await trx.query<Record<string, boolean>>(
    `select exists (select from legal_hold where legal_hold.subscriber_id = $1) as "a legal hold", exists (select from session where session.subscriber_id = $1 and session.stopped_at is null) as "open sessions",
       exists (select from measure where measure.subscriber_id = $1
         and measure.state in ('awaiting-approval', 'held', 'active')) as "standing measures",
       exists (select from subscriber_case as matter where matter.subscriber_id = $1 and matter.closed_at is null) as "open cases"`,
    [id],
  );
  return Object.entries({ ...row }).flatMap(([what, stands]) => (stands ? [what] : []));
}
