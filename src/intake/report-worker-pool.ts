import { type ReportWorker, startReportWorker, type WorkerLimits } from "./start-report-worker.ts";

export interface ReportWorkerPool {
  /** Has a thread do something: one that waits, or a new one. Whoever calls sees to it that they are few. */
  run<Result>(work: (worker: ReportWorker) => Promise<Result>): Promise<Result>;
  stop(): Promise<void>;
}

/** A thread that nobody needed for so long ends, and its memory with it. */
const IDLE_MS = 10_000;

/** Threads are started when they are needed and serve many reports, since a start takes longer than most reports. */
export function createReportWorkerPool(limits: WorkerLimits): ReportWorkerPool {
  const busy = new Set<ReportWorker>();
  const idle = new Map<ReportWorker, NodeJS.Timeout>();

  const waitingWorker = (): ReportWorker | undefined => {
    for (const [worker, timer] of idle) {
      clearTimeout(timer);
      idle.delete(worker);
      if (worker.isAlive()) return worker;
    }
    return undefined;
  };

  const keep = (worker: ReportWorker): void => {
    const expire = () => {
      idle.delete(worker);
      worker.end().catch(() => undefined);
    };
    idle.set(worker, setTimeout(expire, IDLE_MS).unref());
  };

  const stop = async () => {
    const workers = [...busy, ...idle.keys()];
    for (const timer of idle.values()) clearTimeout(timer);
    idle.clear();
    await Promise.all(workers.map((worker) => worker.end()));
  };

  return {
    run: async (work) => {
      const worker = waitingWorker() ?? startReportWorker(limits);
      busy.add(worker);
      try {
        return await work(worker);
      } finally {
        busy.delete(worker);
        if (worker.isAlive()) keep(worker);
      }
    },
    stop,
  };
}
