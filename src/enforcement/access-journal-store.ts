import type { Queryable } from "../database/database.ts";
import type { Profile } from "./profile.ts";

/** A login that a profile had a say in: laid over its Access-Accept, or answered with an Access-Reject for it. */
export interface AccessEnforcement {
  readonly subscriberId: string;
  readonly nasId: string;
  /** "profile laid over", "suspended", … */
  readonly reason: string;
  readonly at: Date;
  readonly profile: Profile;
  readonly digest: string | null;
  /** Our answer's octets; the Access-Request is not kept, for the password in it. */
  readonly response?: Buffer;
}

/** Puts logins on record among the enforcements. */
export async function insertAccessEnforcements(on: Queryable, logins: readonly AccessEnforcement[]): Promise<void> {
  await on.query(
    `insert into enforcement (subscriber_id, nas_id, kind, reason, requested_at, sent_at, answered_at, attempts, outcome,
       profile, digest, response)
     select given.subscriber_id, given.nas_id, 'access', given.reason, given.at, given.at, given.at, 1, 'acknowledged',
       given.profile::jsonb, given.digest, given.response
     from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::bytea[])
       as given (subscriber_id, nas_id, reason, at, profile, digest, response)`,
    [
      logins.map(({ subscriberId }) => subscriberId),
      logins.map(({ nasId }) => nasId),
      logins.map(({ reason }) => reason),
      logins.map(({ at }) => at),
      logins.map(({ profile, digest }) => (digest === null ? null : JSON.stringify(profile))),
      logins.map(({ digest }) => digest),
      logins.map(({ response }) => response ?? null),
    ],
  );
}
