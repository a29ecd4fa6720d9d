import type { Queryable } from "../database/database.ts";

/** Jobs are locked in the order in which orders insert them. */
const inOrder = (condition: string): string => `enforcement_job.session_id in (
  select job.session_id from enforcement_job as job where ${condition} order by job.session_id for update)`;

/**
 * Renews the lease on what is under way; returns the sessions whose job is this claimant's still. A job that somebody else
 * holds at this moment is left out rather than waited for: the lease lasts for three renewals.
 */
export async function extendLeases(
  on: Queryable,
  { claimant, leaseMs, sessionIds }: { claimant: string; leaseMs: number; sessionIds: readonly string[] },
): Promise<string[]> {
  const rows = await on.query<{ session_id: string }>(
    `update enforcement_job set claimed_until = clock_timestamp() + make_interval(secs => $2)
     where enforcement_job.session_id in (
       select job.session_id from enforcement_job as job
       where job.session_id = any ($3::bigint[]) and job.claimed_by = $1 for update skip locked)
     returning enforcement_job.session_id`,
    [claimant, leaseMs / 1000, sessionIds],
  );
  return rows.map((row) => row.session_id);
}

/** Gives back everything that this claimant holds. */
export async function releaseClaims(on: Queryable, claimant: string): Promise<void> {
  await on.query(
    `update enforcement_job set claimed_by = null, claimed_until = null where ${inOrder("job.claimed_by = $1")}`,
    [claimant],
  );
}

/** Gives back one job, to be looked at after a time; nothing happens where this claimant does not hold it. */
export async function giveBack(
  on: Queryable,
  { claimant, sessionId, delayMs }: { claimant: string; sessionId: string; delayMs: number },
): Promise<void> {
  await on.query(
    `update enforcement_job set claimed_by = null, claimed_until = null,
       due_at = greatest(enforcement_job.due_at, clock_timestamp() + make_interval(secs => $3 / 1000.0))
     where enforcement_job.session_id = $1 and enforcement_job.claimed_by = $2`,
    [sessionId, claimant, delayMs],
  );
}

/** Gives back what earlier processes of this node held: they are no more. */
export async function releaseEarlierClaims(on: Queryable, nodeId: string, claimant: string): Promise<void> {
  await on.query(
    `update enforcement_job set claimed_by = null, claimed_until = null
     where ${inOrder("starts_with(job.claimed_by, $1) and job.claimed_by <> $2")}`,
    [claimantOf(nodeId, ""), claimant],
  );
}

/** Names one run of one node. */
export const claimantOf = (nodeId: string, run: string): string => `${nodeId}/${run}`;

/** Whether something is being done, or about to be, for a subscriber's sessions; what waits to be retried is not. */
export async function isUnderWay(on: Queryable, subscriberId: string): Promise<boolean> {
  const rows = await on.query<{ found: boolean }>(
    `select exists (select from enforcement_job as job where job.subscriber_id = $1
       and (job.due_at <= clock_timestamp() or job.claimed_until > clock_timestamp())) as found`,
    [subscriberId],
  );
  return rows[0]?.found ?? false;
}
