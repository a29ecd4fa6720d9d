import type { Database } from "../database/database.ts";
import type { Findings, Job } from "./job.ts";
import { finishRun, lockJob, takeSlot } from "./job-run-store.ts";

export type RunResult =
  | { readonly kind: "ran"; readonly findings: Findings }
  | { readonly kind: "failed"; readonly error: string }
  /** It is running here or on another node. */
  | { readonly kind: "running" }
  /** Another node ran it for this scheduled time. */
  | { readonly kind: "taken" };

export interface RunRequest {
  readonly database: Pick<Database, "query" | "transaction">;
  readonly job: Job;
  /** The scheduled time; undefined: run by hand. */
  readonly slot?: Date;
  readonly now: () => Date;
  /** The process is stopping. */
  readonly stopping: AbortSignal;
}

/**
 * Runs a job once, and never while it runs somewhere else: the transaction holds the lock, and a process that dies
 * loses it. What it found, or why it failed, is on record. Rejects only when the database does.
 */
export async function runJob({ database, job, slot, now, stopping }: RunRequest): Promise<RunResult> {
  return await database.transaction(async (trx): Promise<RunResult> => {
    if (!(await lockJob(trx, job.name))) return { kind: "running" };
    const startedAt = now();
    // On a connection of its own: a run is visible while it runs.
    const id = await takeSlot(database, { name: job.name, startedAt, ...(slot && { slot }) });
    if (id === undefined) return { kind: "taken" };
    const begun = performance.now();
    const result = await resultOf(job, startedAt, stopping);
    const durationMs = Math.round(performance.now() - begun);
    await finishRun(database, { id, durationMs, ...result });
    return result.error === undefined
      ? { kind: "ran", findings: result.findings ?? {} }
      : { kind: "failed", error: result.error };
  });
}

/** A run that was cut short says so, and what it did until then. */
async function resultOf(job: Job, now: Date, stopping: AbortSignal): Promise<{ findings?: Findings; error?: string }> {
  const limit = AbortSignal.timeout(job.limitMs);
  try {
    const findings = await job.run({ now, signal: AbortSignal.any([limit, stopping]) });
    if (stopping.aborted) return { findings, error: "cut short: the node stopped" };
    return limit.aborted ? { findings, error: `cut short after ${job.limitMs} ms` } : { findings };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
