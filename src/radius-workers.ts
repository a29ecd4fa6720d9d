import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Core } from "./core.ts";
import type { RadiusSide } from "./radius-side.ts";

/** What a worker tells us, once. */
export type WorkerMessage =
  | { readonly kind: "ready"; readonly authPort: number | undefined; readonly acctPort: number | undefined }
  | { readonly kind: "failed"; readonly problem: string };

/** What a worker is told at its start: it reads the rest of its configuration as every process does. */
export interface WorkerOrders {
  readonly databaseUrl: string;
}

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 6_000;
const RESTART_AFTER_MS = 500;
const program = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url));

async function startWorker({
  databaseUrl,
}: Core): Promise<{ child: ChildProcess; ports: Extract<WorkerMessage, { kind: "ready" }> }> {
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
    return { child, ports: message };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function stopWorker(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

/**
 * RADIUS in processes of its own, which share the ports (SO_REUSEPORT keeps one NAS on one process). They say through
 * the database what enforcement has to look at. One that dies is replaced.
 */
export async function startRadiusWorkers(core: Core): Promise<RadiusSide> {
  const { config, log } = core;
  const children = new Set<ChildProcess>();
  let isStopping = false;
  const replaceWhenDead = (child: ChildProcess) => {
    child.once("exit", (code, signal) => {
      children.delete(child);
      if (isStopping) return;
      log.error({ code, signal }, "a RADIUS worker died; another one takes its place");
      setTimeout(() => {
        if (!isStopping)
          add().catch((error: unknown) => log.fatal({ err: error }, "a RADIUS worker could not be replaced"));
      }, RESTART_AFTER_MS);
    });
  };
  const add = async () => {
    const { child, ports } = await startWorker(core);
    children.add(child);
    replaceWhenDead(child);
    return ports;
  };
  const stop = async () => {
    isStopping = true;
    await Promise.all([...children].map(stopWorker));
  };
  try {
    const [first] = await Promise.all(Array.from({ length: config.workers }, add));
    return { authPort: first?.authPort, acctPort: first?.acctPort, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
