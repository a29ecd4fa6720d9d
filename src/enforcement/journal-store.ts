import type { Queryable } from "../database/database.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import { isClaimedBy, mayLive } from "./claim-store.ts";
import { type Imposed, imposedJson } from "./imposed.ts";
import type { Profile } from "./profile.ts";

/** A request that is about to be sent. */
export interface JournalEntry {
  readonly claimant: string;
  readonly sessionId: string;
  /** Of the job, as claimed. */
  readonly revision: number;
  readonly nasId: string;
  readonly kind: "coa" | "disconnect";
  readonly reason: string;
  readonly requestedAt: Date;
  readonly profile: Profile;
  readonly digest: string | null;
  /** What is imposed once the last step is acknowledged. */
  readonly imposes: Imposed;
  /** What the session followed when this was planned. */
  readonly appliedDigest: string | null;
  readonly step: number;
  readonly steps: number;
  readonly attributes: readonly NamedAttribute[];
  readonly localPort: number;
  readonly request: Buffer;
}

/**
 * Journals requests before they are sent; answers each with its id, or undefined: not to be sent, since what it was
 * planned from is no longer so (another desire, a session that ended or moved on, a lease that was lost).
 */
export async function journalRequests(
  on: Queryable,
  entries: readonly JournalEntry[],
): Promise<readonly (string | undefined)[]> {
  const rows = await on.query<{ id: string; session_id: string }>(
    `insert into enforcement (session_id, subscriber_id, nas_id, kind, reason, requested_at, profile, digest, step, steps,
       attributes, local_port, request, imposes)
     select given.session_id, coalesce(session.subscriber_id, job.subscriber_id), given.nas_id, given.kind, given.reason, given.requested_at,
       given.profile::jsonb, given.digest, given.step, given.steps, given.attributes::json, given.local_port, given.request,
       given.imposes::jsonb
     from unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[],
       $9::text[], $10::text[], $11::int[], $12::int[], $13::text[], $14::int[], $15::bytea[], $16::text[])
       as given (claimant, session_id, revision, nas_id, kind, reason, requested_at, profile, digest, applied_digest, step,
         steps, attributes, local_port, request, imposes)
     join enforcement_job as job on job.session_id = given.session_id and ${isClaimedBy("given.claimant")}
       and job.revision = given.revision
     join session on session.id = given.session_id and ${mayLive}
       and session.applied_digest is not distinct from given.applied_digest
     left join subscriber on subscriber.id = coalesce(session.subscriber_id, job.subscriber_id)
     where subscriber.profile_digest is not distinct from given.digest
     returning enforcement.id, enforcement.session_id`,
    [
      entries.map(({ claimant }) => claimant),
      entries.map(({ sessionId }) => sessionId),
      entries.map(({ revision }) => revision),
      entries.map(({ nasId }) => nasId),
      entries.map(({ kind }) => kind),
      entries.map(({ reason }) => reason),
      entries.map(({ requestedAt }) => requestedAt),
      entries.map(({ profile, digest }) => (digest === null ? null : JSON.stringify(profile))),
      entries.map(({ digest }) => digest),
      entries.map(({ appliedDigest }) => appliedDigest),
      entries.map(({ step }) => step),
      entries.map(({ steps }) => steps),
      entries.map(({ attributes }) => JSON.stringify(attributes)),
      entries.map(({ localPort }) => localPort),
      entries.map(({ request }) => request),
      entries.map(({ imposes }) => imposedJson(imposes)),
    ],
  );
  const ids = new Map(rows.map((row) => [row.session_id, row.id]));
  return entries.map(({ sessionId }) => ids.get(sessionId));
}
