import type { Queryable } from "../database/database.ts";
import type { Session } from "../session/session.ts";
import { type Imposed, nothingImposed } from "./imposed.ts";
import { type Profile, unrestricted } from "./profile.ts";

/** A session that is to be brought to its profile, claimed for this node. */
export interface ClaimedJob {
  readonly sessionId: string;
  readonly nasId: string;
  readonly subscriberId: string;
  readonly reason: string;
  readonly revision: number;
  /** Failed runs since the newest order. */
  readonly attempts: number;
  readonly endsSession: boolean;
  /** undefined: it is over, or was never stored. */
  readonly session: Session | undefined;
  /** What may be in force now, and its digest ("?": nobody knows). */
  readonly applied: Profile;
  readonly appliedDigest: string | null;
  /** All that has to be undone where it is wanted no more. */
  readonly imposed: Imposed;
  readonly desired: Profile;
  readonly desiredDigest: string | null;
  readonly subscribedRates?: { readonly downKbps: number; readonly upKbps: number };
  /** A request that was journalled and whose outcome nobody recorded: its process died, or lost its lease. */
  readonly unfinished?: UnfinishedRequest;
}

export interface UnfinishedRequest {
  readonly enforcementId: string;
  readonly octets: Buffer;
  readonly localPort: number;
  readonly requestedAt: Date;
  readonly kind: "coa" | "disconnect";
  readonly step: number;
  readonly steps: number;
  /** What it was to bring about. */
  readonly profile: Profile;
  readonly digest: string | null;
  readonly imposes: Imposed;
}

/**
 * Whether `job` is claimed by `claimant`, in words that fit no index: each job is found by its session, and the planner,
 * whose statistics may be from a moment without claims, would go through all of this claimant's for each.
 */
export const isClaimedBy = (claimant: string): string => `coalesce(job.claimed_by, '') = ${claimant}`;

export interface ClaimRequest {
  /** Names this run of this node. */
  readonly claimant: string;
  readonly leaseMs: number;
  /** How many jobs each NAS takes now; a NAS that is not named takes any number. */
  readonly room: ReadonlyMap<string, number>;
  /** About how many in all, shared equally by the NASes that have jobs. */
  readonly batch: number;
}

interface ClaimRow {
  readonly session_id: string;
  readonly job_nas_id: string;
  readonly job_subscriber_id: string;
  readonly reason: string;
  readonly revision: number;
  readonly attempts: number;
  readonly ends_session: boolean;
  readonly id: string | null;
  readonly nas_id: string;
  readonly acct_session_id: string;
  readonly username: string;
  readonly subscriber_id: string | null;
  readonly started_at: Date;
  readonly last_seen_at: Date;
  readonly ipv4: string | null;
  readonly ipv6: readonly string[];
  readonly input_octets: string;
  readonly output_octets: string;
  readonly identity: Readonly<Record<string, string>>;
  readonly granted: Buffer | null;
  readonly applied: Profile | null;
  readonly applied_digest: string | null;
  readonly imposed: Imposed | null;
  readonly profile: Profile | null;
  readonly profile_digest: string | null;
  readonly plan: { readonly downKbps: number; readonly upKbps: number } | null;
  readonly enforcement_id: string | null;
  readonly request: Buffer | null;
  readonly local_port: number | null;
  readonly requested_at: Date;
  readonly kind: "coa" | "disconnect";
  readonly step: number;
  readonly steps: number;
  readonly tried_profile: Profile | null;
  readonly tried_digest: string | null;
  readonly tried_imposes: Imposed | null;
}

/**
 * Sessions that a request can be about: open ones, and those that were only taken to be over since nothing was heard of
 * them, unless their id is in use again: then it would meet another customer.
 */
export const mayLive = `(session.stopped_at is null or session.terminate_cause = 'stale' and not exists (
       select from session as later where later.nas_id = session.nas_id
         and later.acct_session_id = session.acct_session_id and later.incarnation > session.incarnation))`;

/**
 * Claims due jobs under a lease and loads all that planning needs, in one statement. Fair: each NAS that has jobs and
 * room gets its share, however many another one has waiting. Not flushed to disk: a claim that a crash forgets is one
 * that another node may have.
 */
export async function claimJobs(
  on: Queryable,
  { claimant, leaseMs, room, batch }: ClaimRequest,
): Promise<ClaimedJob[]> {
  const rows = await on.query<ClaimRow>(
    `with recursive waiting (nas_id) as (
       (select job.nas_id from enforcement_job as job order by job.nas_id limit 1)
       union all
       select (select job.nas_id from enforcement_job as job where job.nas_id > waiting.nas_id order by job.nas_id limit 1)
       from waiting where waiting.nas_id is not null),
     share as (
       select waiting.nas_id, least(coalesce(given.room, $5), ceil($5::numeric / count(*) over ()))::int as jobs
       from waiting left join unnest($1::text[], $2::int[]) as given (nas_id, room) on given.nas_id = waiting.nas_id
       where waiting.nas_id is not null and coalesce(given.room, 1) > 0),
     picked as (
       select due.session_id from share cross join lateral (
         select job.session_id from enforcement_job as job
         where job.nas_id = share.nas_id and job.due_at <= clock_timestamp()
           and (job.claimed_until is null or job.claimed_until <= clock_timestamp())
         order by job.due_at limit share.jobs for update skip locked) as due),
     unflushed as materialized (select set_config('synchronous_commit', 'off', true) as setting from picked limit 1),
     claimed as (
       update enforcement_job as job set claimed_by = $3, claimed_until = clock_timestamp() + make_interval(secs => $4)
       from picked, unflushed where job.session_id = picked.session_id
       returning job.session_id, job.nas_id, job.subscriber_id, job.reason, job.revision, job.attempts, job.ends_session)
     select claimed.session_id, claimed.nas_id as job_nas_id, claimed.subscriber_id as job_subscriber_id, claimed.reason,
       claimed.revision, claimed.attempts, claimed.ends_session,
       session.id, session.nas_id, session.acct_session_id, session.username, session.subscriber_id, session.started_at,
       session.last_seen_at, host(session.ipv4) as ipv4, session.ipv6, session.input_octets, session.output_octets,
       session.identity, session.granted, session.applied, session.applied_digest, session.imposed,
       subscriber.profile, subscriber.profile_digest, subscriber.plan,
       unfinished.id as enforcement_id, unfinished.request, unfinished.local_port, unfinished.requested_at,
       unfinished.kind, unfinished.step, unfinished.steps, unfinished.profile as tried_profile,
       unfinished.digest as tried_digest, unfinished.imposes as tried_imposes
     from claimed
     left join session on session.id = claimed.session_id and ${mayLive}
     left join subscriber on subscriber.id = coalesce(session.subscriber_id, claimed.subscriber_id)
     left join lateral (
       select enforcement.id, enforcement.request, enforcement.local_port, enforcement.requested_at, enforcement.kind,
         enforcement.step, enforcement.steps, enforcement.profile, enforcement.digest, enforcement.imposes
       from enforcement where enforcement.session_id = claimed.session_id and enforcement.outcome is null
         and enforcement.request is not null
       order by enforcement.id desc limit 1) as unfinished on true`,
    [[...room.keys()], [...room.values()], claimant, leaseMs / 1000, batch],
  );
  return rows.map(jobFromRow);
}

function jobFromRow(row: ClaimRow): ClaimedJob {
  return {
    sessionId: row.session_id,
    nasId: row.job_nas_id,
    // A merge may have made the session somebody else's since the job was written.
    subscriberId: row.subscriber_id ?? row.job_subscriber_id,
    reason: row.reason,
    revision: row.revision,
    attempts: row.attempts,
    endsSession: row.ends_session,
    session: row.id === null ? undefined : sessionFromRow(row, row.id),
    applied: row.applied ?? unrestricted,
    appliedDigest: row.applied_digest,
    imposed: row.imposed ?? nothingImposed,
    desired: row.profile ?? unrestricted,
    desiredDigest: row.profile_digest,
    ...(row.plan && { subscribedRates: row.plan }),
    ...(row.enforcement_id !== null &&
      row.request && { unfinished: unfinishedFromRow(row, { id: row.enforcement_id, octets: row.request }) }),
  };
}

const sessionFromRow = (row: ClaimRow, id: string): Session => ({
  id,
  nasId: row.nas_id,
  acctSessionId: row.acct_session_id,
  username: row.username,
  ...(row.subscriber_id === null ? {} : { subscriberId: row.subscriber_id }),
  startedAt: row.started_at,
  lastSeenAt: row.last_seen_at,
  ...(row.ipv4 === null ? {} : { ipv4: row.ipv4 }),
  ipv6: row.ipv6,
  inputOctets: BigInt(row.input_octets),
  outputOctets: BigInt(row.output_octets),
  identity: row.identity,
  ...(row.granted && { granted: row.granted }),
});

const unfinishedFromRow = (row: ClaimRow, { id, octets }: { id: string; octets: Buffer }): UnfinishedRequest => ({
  enforcementId: id,
  octets,
  localPort: row.local_port ?? 0,
  requestedAt: row.requested_at,
  kind: row.kind,
  step: row.step,
  steps: row.steps,
  profile: row.tried_profile ?? unrestricted,
  digest: row.tried_digest,
  imposes: row.tried_imposes ?? nothingImposed,
});
