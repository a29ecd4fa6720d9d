import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Core } from "./core.ts";
import type { RadiusSide } from "./radius-side.ts";
import { type MetricsReport, sayAlso, WorkerMetrics } from "./worker-metrics.ts";

/** What a worker tells us: once how its start went, then its metrics as often as it is asked. */
export type WorkerMessage =
  | { readonly kind: "ready"; readonly authPort: number | undefined; readonly acctPort: number | undefined }
  | { readonly kind: "failed"; readonly problem: string }
  | { readonly kind: "metrics"; readonly id: number; readonly metrics: MetricsReport };

export interface MetricsRequest {
  readonly id: number;
}

/** What a worker is told at its start: it reads the rest of its configuration as every process does. */
export interface WorkerOrders {
  readonly databaseUrl: string;
}

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 6_000;
const RESTART_AFTER_MS = 500;
const METRICS_LIMIT_MS = 2_000;
const program = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url));

interface Worker {
  readonly child: ChildProcess;
  readonly ports: Extract<WorkerMessage, { kind: "ready" }>;
  /** The newest that it sent. */
  report: MetricsReport;
}

async function startWorker({ databaseUrl }: Core): Promise<Worker> {
  const child = fork(program, ["radius-worker"], { stdio: "inherit" });
  const orders: WorkerOrders = { databaseUrl };
  child.send(orders);
  const timeout = AbortSignal.timeout(START_LIMIT_MS);
  try {
    const [message] = (await Promise.race([
      once(child, "message", { signal: timeout }),
      once(child, "exit", { signal: timeout }).then(() => [{ kind: "failed", problem: "it ended at once" }]),
    ])) as [WorkerMessage];
    if (message.kind === "failed") throw new Error(`a RADIUS worker did not start: ${message.problem}`);
    if (message.kind !== "ready") throw new Error("a RADIUS worker did not say that it is ready");
    return { child, ports: message, report: [] };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function stopWorker({ child }: Worker): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

let lastRequest = 0;

/** Asks for its metrics. One that does not answer in time has its last report stand. */
async function askForMetrics(worker: Worker): Promise<MetricsReport> {
  const { child } = worker;
  if (!child.connected) return worker.report;
  lastRequest += 1;
  const request: MetricsRequest = { id: lastRequest };
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      child.off("message", heard);
      resolve();
    };
    const heard = (message: WorkerMessage) => {
      if (message.kind !== "metrics" || message.id !== request.id) return;
      worker.report = message.metrics;
      done();
    };
    const timer = setTimeout(done, METRICS_LIMIT_MS);
    child.on("message", heard);
    child.send(request, (error) => {
      if (error) done();
    });
  });
  return worker.report;
}

/**
 * RADIUS in processes of its own, which share the ports (SO_REUSEPORT keeps one NAS on one process). They say through
 * the database what enforcement has to look at. One that dies is replaced.
 */
export async function startRadiusWorkers(core: Core): Promise<RadiusSide> {
  const { config, log } = core;
  const workers = new Set<Worker>();
  const counted = new WorkerMetrics();
  let isStopping = false;
  let replacing: Promise<void> = Promise.resolve();
  const replaceWhenDead = (worker: Worker) => {
    worker.child.once("exit", (code, signal) => {
      workers.delete(worker);
      if (isStopping) return;
      log.error({ code, signal }, "a RADIUS worker died; another one takes its place");
      counted.ended(worker.report).catch((error: unknown) => log.warn({ err: error }, "a worker's counts are lost"));
      setTimeout(replace, RESTART_AFTER_MS).unref();
    });
  };
  const add = async () => {
    const worker = await startWorker(core);
    workers.add(worker);
    replaceWhenDead(worker);
    if (isStopping) await stopWorker(worker);
    return worker.ports;
  };
  const replace = () => {
    if (isStopping) return;
    const added = add().catch((error: unknown) => {
      log.error({ err: error }, "a RADIUS worker could not be replaced; it is tried again");
      setTimeout(replace, RESTART_AFTER_MS).unref();
    });
    replacing = Promise.all([replacing, added]).then(() => undefined);
  };
  const stop = async () => {
    isStopping = true;
    await Promise.all([...workers].map(stopWorker));
    // One that was just starting stops as soon as it has.
    await replacing;
  };
  try {
    const [first] = await Promise.all(Array.from({ length: config.workers }, add));
    sayAlso(core.metrics, async () => await counted.text(await Promise.all([...workers].map(askForMetrics))));
    return { authPort: first?.authPort, acctPort: first?.acctPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
