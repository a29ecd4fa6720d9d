import type { Transaction } from "../database/database.ts";
import { mayLive } from "./claim-store.ts";
import type { Profile } from "./profile.ts";

/** Whoever listens on it claims jobs that are due. */
export const outboxChannel = "weir_enforcement";

/** A newer order of a session that has a job already: what is being tried is looked at again, and tried at once. */
const orderAgain = `on conflict (session_id) do update set revision = enforcement_job.revision + 1, attempts = 0,
  reason = excluded.reason, subscriber_id = excluded.subscriber_id, due_at = now(),
  ends_session = enforcement_job.ends_session or excluded.ends_session`;

const notifyIfAny = `pg_notify('${outboxChannel}', '')`;

/**
 * Sessions that a change has to reach: open ones, and those only taken to be over for their silence, which the NAS may
 * have still, as long as something is in force on them or they ended lately, and no NAS said that it does not know them.
 * An order too many is refused with "session context not found"; one too few leaves a customer held who was let go.
 */
const isReached = `(session.stopped_at is null or session.terminate_cause = 'stale')
  and (session.stopped_at is null
    or (session.applied_digest is not null or session.stopped_at > now() - interval '2 days')
      and session.obstacle is distinct from 'refused-503' and ${mayLive})`;

/** Locks subscribers against sessions being opened and measures being set meanwhile; returns those that exist. */
export async function lockSubscribers(trx: Transaction, subscriberIds: readonly string[]): Promise<Set<string>> {
  const rows = await trx.query<{ id: string }>(
    `select subscriber.id from subscriber where subscriber.id = any ($1::text[])
     order by subscriber.id collate "C" for no key update`,
    [subscriberIds],
  );
  return new Set(rows.map(({ id }) => id));
}

export interface DesiredProfile {
  readonly subscriberId: string;
  readonly profile: Profile;
  /** null: unrestricted. */
  readonly digest: string | null;
}

/**
 * Makes profiles the desired ones and enqueues every session of the subscribers whose profile thereby changed,
 * also those that seem to follow already: what is under way for them may say otherwise. The caller holds the locks.
 */
export async function writeProfiles(
  trx: Transaction,
  profiles: readonly DesiredProfile[],
  reason: string,
): Promise<string[]> {
  const rows = await trx.query<{ id: string }>(
    `with changed as (
       update subscriber set profile = given.profile::jsonb, profile_digest = given.digest
       from unnest($1::text[], $2::text[], $3::text[]) as given (id, profile, digest)
       where subscriber.id = given.id and subscriber.profile_digest is distinct from given.digest
       returning subscriber.id),
     enqueued as (
       insert into enforcement_job (session_id, nas_id, subscriber_id, reason)
       select session.id, session.nas_id, changed.id, $4
       from changed join session on session.subscriber_id = changed.id and ${isReached}
       order by session.id ${orderAgain}
       returning enforcement_job.session_id)
     select changed.id, (select ${notifyIfAny} where exists (select from enqueued)) from changed`,
    [
      profiles.map(({ subscriberId }) => subscriberId),
      profiles.map(({ profile, digest }) => (digest === null ? null : JSON.stringify(profile))),
      profiles.map(({ digest }) => digest),
      reason,
    ],
  );
  return rows.map(({ id }) => id);
}

export interface Enqueue {
  readonly subscriberIds: readonly string[];
  readonly reason: string;
}

/** Enqueues the open sessions of these subscribers that do not follow their profile. Returns how many. */
export async function enqueueForSubscribers(trx: Transaction, { subscriberIds, reason }: Enqueue): Promise<number> {
  const rows = await trx.query<{ count: number }>(
    `with enqueued as (
       insert into enforcement_job (session_id, nas_id, subscriber_id, reason)
       select session.id, session.nas_id, session.subscriber_id, $2
       from session join subscriber on subscriber.id = session.subscriber_id
       where session.subscriber_id = any ($1::text[]) and ${isReached}
         and session.applied_digest is distinct from subscriber.profile_digest
       order by session.id ${orderAgain}
       returning enforcement_job.session_id)
     select count(*)::int as count, (select ${notifyIfAny} where exists (select from enqueued)) from enqueued`,
    [subscriberIds, reason],
  );
  return rows[0]?.count ?? 0;
}

/** Ends every open session of a subscriber once, whatever its profile, so that the next login starts anew. */
export async function enqueueSessionEnd(
  trx: Transaction,
  { subscriberId, reason }: { subscriberId: string; reason: string },
): Promise<void> {
  await trx.query(
    `with enqueued as (
       insert into enforcement_job (session_id, nas_id, subscriber_id, reason, ends_session)
       select session.id, session.nas_id, session.subscriber_id, $2, true
       from session where session.subscriber_id = $1 and ${isReached}
       order by session.id ${orderAgain}
       returning enforcement_job.session_id)
     select ${notifyIfAny} where exists (select from enqueued)`,
    [subscriberId, reason],
  );
}

/** A session that accounting just opened. */
export interface SessionToCheck {
  readonly id: string;
  readonly nasId: string;
  readonly subscriberId: string | undefined;
  /** Digest of the profile that its Access-Accept laid over; null: none. */
  readonly appliedDigest: string | null;
}

/**
 * Enqueues those sessions, just opened in this transaction, that do not follow their subscriber's profile, or that an old
 * password opened which is to open none. Takes the subscribers' rows FOR SHARE, in one order: a measure being set meanwhile
 * either sees the session, or is seen here. False: nothing is to be done about any of them.
 */
export async function enqueueOpened(
  trx: Transaction,
  sessions: readonly SessionToCheck[],
  { areLoginsLocal } = { areLoginsLocal: true },
): Promise<boolean> {
  const owned = sessions.filter((session) => session.subscriberId !== undefined);
  if (owned.length === 0) return false;
  // The second waits for the locks of the first, and sees what was committed until then.
  const [unlike, withdrawn] = await Promise.all([
    enqueueUnlike(trx, owned),
    // An upstream knows other passwords: with it no login would ever end the measure, and each would be cut off.
    areLoginsLocal && enqueueWithdrawn(trx, owned),
  ]);
  return unlike || withdrawn;
}

async function enqueueUnlike(trx: Transaction, owned: readonly SessionToCheck[]): Promise<boolean> {
  const rows = await trx.query(
    `with locked as materialized (
       select subscriber.id, subscriber.profile_digest from subscriber where subscriber.id = any ($3::text[])
       order by subscriber.id collate "C" for share),
     enqueued as (
       insert into enforcement_job (session_id, nas_id, subscriber_id, reason)
       select opened.session_id, opened.nas_id, locked.id, 'session-start'
       from unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) as opened (session_id, nas_id, subscriber_id, applied_digest)
       join locked on locked.id = opened.subscriber_id
       where locked.profile_digest is distinct from opened.applied_digest
       order by opened.session_id ${orderAgain}
       returning enforcement_job.session_id)
     select ${notifyIfAny} where exists (select from enqueued)`,
    [
      owned.map(({ id }) => id),
      owned.map(({ nasId }) => nasId),
      owned.map(({ subscriberId }) => subscriberId),
      owned.map(({ appliedDigest }) => appliedDigest),
    ],
  );
  return rows.length > 0;
}

/**
 * A login with the old password was let in just before the password was changed, and its sessions ended, "now". As long as
 * that measure stands nobody has come in with the new one, so whoever was let in came with the old.
 */
async function enqueueWithdrawn(trx: Transaction, owned: readonly SessionToCheck[]): Promise<boolean> {
  const rows = await trx.query(
    `with enqueued as (
       insert into enforcement_job (session_id, nas_id, subscriber_id, reason, ends_session)
       select session.id, session.nas_id, measure.subscriber_id, 'password regenerated', true
       from unnest($1::bigint[], $2::text[]) as opened (session_id, subscriber_id)
       join measure on measure.subscriber_id = opened.subscriber_id and measure.kind = 'regenerate-password'
         and measure.state = 'active' and measure.progress = 'regenerated'
         and measure.params @> '{"when": "now", "answer": "reject"}'
       join session on session.id = opened.session_id and session.grant_id is not null
       order by session.id ${orderAgain}
       returning enforcement_job.session_id)
     select ${notifyIfAny} where exists (select from enqueued)`,
    [owned.map(({ id }) => id), owned.map(({ subscriberId }) => subscriberId)],
  );
  return rows.length > 0;
}
