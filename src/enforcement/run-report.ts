import type { Logger } from "pino";
import { Counter, type Registry } from "prom-client";
import type { Ending } from "./run-context.ts";

/** One NAS with a wrong secret fails for all its sessions: an error is for a person, who needs it once a minute. */
const SAME_ERROR_EVERY_MS = 60_000;

export interface RunReportOptions {
  readonly log: Logger;
  readonly metrics?: Registry;
  readonly now: () => Date;
}

const outcomeOf = ({ request, unsupported }: Ending): string =>
  request?.outcome.kind ?? (unsupported === undefined ? "nothing-sent" : "unsupported");

const messages = {
  info: "session brought to its profile",
  warn: "session not at its profile yet",
  error: "session cannot be brought to its profile",
} as const;

/** Tells the log and the metrics how runs ended. */
export function createRunReport({ log, metrics, now }: RunReportOptions): (ending: Ending) => void {
  const errorLoggedAt = new Map<string, number>();
  const counter = metrics && outcomeCounter(metrics);
  const isNews = ({ job, move }: Ending): boolean => {
    const key = `${job.nasId} ${move.obstacle}`;
    const time = now().getTime();
    if (time - (errorLoggedAt.get(key) ?? Number.NEGATIVE_INFINITY) < SAME_ERROR_EVERY_MS) return false;
    errorLoggedAt.set(key, time);
    return true;
  };
  return (ending) => {
    const { job, move, request, unsupported } = ending;
    const outcome = outcomeOf(ending);
    counter?.inc({ outcome });
    if (outcome === "nothing-sent" && move.level === "info") return;
    const level = move.level === "error" && !isNews(ending) ? "warn" : move.level;
    const errorCause = request?.outcome.kind === "refused" ? request.outcome.errorCause : undefined;
    log[level](
      {
        subscriber: job.subscriberId,
        session: job.sessionId,
        nas: job.nasId,
        reason: job.reason,
        outcome,
        ...(errorCause !== undefined && { errorCause }),
        ...(unsupported !== undefined && { unsupported }),
        ...(move.obstacle !== null && { obstacle: move.obstacle }),
        ...(move.retryAfterMs !== undefined && { retryAfterMs: move.retryAfterMs }),
        attempt: job.attempts + 1,
      },
      messages[level],
    );
  };
}

const outcomeCounter = (registry: Registry) =>
  new Counter({
    name: "weir_enforcement_runs_total",
    help: "Runs of enforcement jobs by the outcome of the request that decided them",
    labelNames: ["outcome"],
    registers: [registry],
  });
