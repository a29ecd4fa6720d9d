import { createTask, type ScheduledTask } from "node-cron";
import type { Logger } from "pino";
import type { Database } from "../database/database.ts";
import type { Findings, Job } from "./job.ts";
import { latestRuns } from "./job-run-store.ts";
import { type RunResult, runJob } from "./run-job.ts";

/** A job in the shape of the REST API. */
export interface JobView {
  readonly name: string;
  readonly schedule: string;
  /** `durationMs` is null while it runs; null: it never ran. */
  readonly lastRun: {
    readonly startedAt: Date;
    readonly durationMs: number | null;
    readonly findings: Findings | null;
    readonly error: string | null;
  } | null;
  readonly nextRunAt: Date | null;
}

export type JobRunAnswer =
  | { readonly kind: "unknown-job" }
  /** It runs already: look at it again later. */
  | { readonly kind: "running" }
  /** It ran to its end; a failure is in `lastRun.error`. */
  | { readonly kind: "ran"; readonly job: JobView };

export interface JobSchedule {
  list(): Promise<JobView[]>;
  /** Runs a job now and waits for its end. */
  run(name: string): Promise<JobRunAnswer>;
  /** Starts no more, tells running ones to end, and waits for them. */
  stop(): Promise<void>;
}

export interface JobScheduleDependencies {
  readonly database: Pick<Database, "query" | "transaction">;
  readonly jobs: readonly Job[];
  readonly now: () => Date;
  readonly log: Logger;
}

/** Runs jobs at their times, each time once in the cluster. */
export function startJobs({ database, jobs, now, log }: JobScheduleDependencies): JobSchedule {
  const stopping = new AbortController();
  const running = new Set<Promise<unknown>>();
  const tasks = new Map<string, ScheduledTask>();

  const tracked = async <T>(work: Promise<T>): Promise<T> => {
    running.add(work);
    return await work.finally(() => running.delete(work));
  };
  const start = (job: Job, slot?: Date): Promise<RunResult> =>
    tracked(runJob({ database, job, now, stopping: stopping.signal, ...(slot && { slot }) }));
  const fire = async (job: Job, slot: Date): Promise<void> => {
    try {
      report(log, job, await start(job, slot));
    } catch (error) {
      log.warn({ err: error, job: job.name }, "job could not be started; its next time will do its work too");
    }
  };
  const viewAll = async (): Promise<JobView[]> => {
    const runs = await latestRuns(
      database,
      jobs.map(({ name }) => name),
    );
    return jobs.map(({ name, schedule }) => ({
      name,
      schedule,
      lastRun: runs.get(name) ?? null,
      nextRunAt: tasks.get(name)?.getNextRun() ?? null,
    }));
  };

  for (const job of jobs) {
    const task = createTask(job.schedule, ({ date }) => fire(job, date), {
      name: job.name,
      timezone: "UTC",
      noOverlap: true,
      // A time that the process slept through is made up for by the next one.
      suppressMissedWarning: true,
      logger: quiet(log, job.name),
    });
    tasks.set(job.name, task);
    void task.start();
  }
  return {
    list: viewAll,
    run: async (name) => {
      const job = jobs.find((one) => one.name === name);
      if (!job) return { kind: "unknown-job" };
      const result = await start(job);
      if (result.kind === "running") return { kind: "running" };
      report(log, job, result);
      const view = (await viewAll()).find((one) => one.name === name);
      return view ? { kind: "ran", job: view } : { kind: "unknown-job" };
    },
    stop: async () => {
      stopping.abort();
      for (const task of tasks.values()) await task.destroy();
      await Promise.allSettled(running);
    },
  };
}

function report(log: Logger, job: Job, result: RunResult): void {
  if (result.kind === "failed") log.error({ job: job.name, error: result.error }, "job failed");
  if (result.kind === "ran" && Object.values(result.findings).some((count) => count > 0))
    log.info({ job: job.name, findings: result.findings }, "job found something to do");
}

/** node-cron's own words: of interest to who looks for them. */
const quiet = (log: Logger, job: string) => ({
  info: (message: string) => log.debug({ job }, message),
  warn: (message: string) => log.debug({ job }, message),
  error: (message: string | Error) => log.warn({ job }, String(message)),
  debug: (message: string | Error) => log.debug({ job }, String(message)),
});
