import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { ApiError } from "../errors.ts";
import { pageOfIds } from "../page-of-ids.ts";
import { closed, documented, Id, listQuery, nothing, nullable, pageOf, pageRequest, Time } from "../shapes.ts";

/** A scheduled job, as its people see it. */
export interface JobView {
  readonly name: string;
  /** As cron writes it. */
  readonly schedule: string;
  readonly lastRun: {
    readonly startedAt: Date;
    /** null: it runs. */
    readonly durationMs: number | null;
    readonly findings: unknown;
    readonly error: string | null;
  } | null;
  readonly nextRunAt: Date | null;
}

export type JobRun =
  | { readonly kind: "ran"; readonly job: JobView }
  | { readonly kind: "unknown-job" }
  | { readonly kind: "running" };

export interface JobRouteDependencies {
  readonly database: Queryable;
  readonly jobs: { list(): Promise<readonly JobView[]>; run(name: string): Promise<JobRun> };
}

const Job = Type.Unsafe<JobView>(
  closed(
    {
      name: Type.String(),
      schedule: Type.String({ description: "as cron writes it", examples: ["*/5 * * * *"] }),
      lastRun: nullable(
        closed(
          {
            startedAt: Time,
            durationMs: nullable(Type.Integer({ description: "null: it runs" })),
            findings: Type.Unknown({ description: "what it found and did, differing from job to job" }),
            error: nullable(Type.String({ description: "why it failed; null: it did not" })),
          },
          { title: "JobRun" },
        ),
      ),
      nextRunAt: nullable(Time),
    },
    { title: "Job" },
  ),
);

export function jobRoutes(app: Api, { database, jobs }: JobRouteDependencies): void {
  const tags = ["jobs"];

  app.get(
    "/v1/jobs",
    {
      config: { right: "jobs:read" },
      schema: {
        operationId: "listJobs",
        tags,
        summary: "Scheduled jobs and their last run, by name",
        querystring: listQuery({}),
        response: { 200: pageOf(Job) },
      },
    },
    async (request) => {
      const named = (await jobs.list()).map((job) => ({ id: job.name, job }));
      const { items, next } = pageOfIds(named, pageRequest(request.query));
      return { items: items.map(({ job }) => job), next };
    },
  );

  app.post(
    "/v1/jobs/:name/run",
    {
      config: { right: "jobs:run", problems: ["job-running"] },
      schema: {
        operationId: "runJob",
        tags,
        summary: "Runs a job now, and answers with what it found",
        params: closed({ name: documented(Id, "the job's name, as the list has it") }),
        body: nothing,
        response: { 200: Job },
      },
    },
    async (request) => {
      const { name } = request.params;
      const run = await jobs.run(name);
      if (run.kind === "unknown-job") throw new ApiError("unknown-job", `there is no job ${name}`);
      if (run.kind === "running") throw new ApiError("job-running", `job ${name} is running already`);
      await recordAudit(database, { ...actorOf(request), action: "job.run", subject: `job:${name}` });
      return run.job;
    },
  );
}
