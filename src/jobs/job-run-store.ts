import type { Queryable, Transaction } from "../database/database.ts";
import type { Findings } from "./job.ts";

export interface JobRun {
  readonly startedAt: Date;
  /** null: under way, or its process was killed. */
  readonly durationMs: number | null;
  readonly findings: Findings | null;
  readonly error: string | null;
}

/** Takes a scheduled time for this node. undefined: another one has it. `slot` undefined: run by hand, always granted. */
export async function takeSlot(
  on: Queryable,
  { name, slot, startedAt }: { readonly name: string; readonly slot?: Date; readonly startedAt: Date },
): Promise<string | undefined> {
  const rows = await on.query<{ id: string }>(
    `insert into job_run (name, slot, started_at) values ($1, $2, $3) on conflict (name, slot) do nothing
     returning job_run.id`,
    [name, slot ?? null, startedAt],
  );
  return rows[0]?.id;
}

/** Whether this transaction may run the job: one at a time in the cluster; the lock goes with the transaction. */
export async function lockJob(trx: Transaction, name: string): Promise<boolean> {
  const rows = await trx.query<{ locked: boolean }>(
    "select pg_try_advisory_xact_lock(hashtext('weir_job'), hashtext($1)) as locked",
    [name],
  );
  return rows[0]?.locked ?? false;
}

export async function finishRun(
  on: Queryable,
  run: { readonly id: string; readonly durationMs: number; readonly findings?: Findings; readonly error?: string },
): Promise<void> {
  await on.query("update job_run set duration_ms = $2, findings = $3, error = $4 where job_run.id = $1", [
    run.id,
    run.durationMs,
    run.findings ? JSON.stringify(run.findings) : null,
    run.error ?? null,
  ]);
}

/** The newest run of each job, by name. */
export async function latestRuns(on: Queryable, names: readonly string[]): Promise<Map<string, JobRun>> {
  const rows = await on.query<JobRun & { name: string }>(
    `select wanted.name, latest."startedAt", latest."durationMs", latest.findings, latest.error
     from unnest($1::text[]) as wanted (name)
     cross join lateral (
       select job_run.started_at as "startedAt", job_run.duration_ms as "durationMs", job_run.findings, job_run.error
       from job_run where job_run.name = wanted.name order by job_run.started_at desc, job_run.id desc limit 1) as latest`,
    [names],
  );
  return new Map(rows.map(({ name, ...run }) => [name, run]));
}

/** Runs older than `before`, but for each job's newest. Returns how many. */
export async function deleteOldRuns(on: Queryable, before: Date): Promise<number> {
  const rows = await on.query<{ id: string }>(
    `delete from job_run where job_run.started_at < $1 and exists (
       select from job_run as newer where newer.name = job_run.name and newer.started_at > job_run.started_at)
     returning job_run.id`,
    [before],
  );
  return rows.length;
}
