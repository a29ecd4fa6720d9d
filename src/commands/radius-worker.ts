import { once } from "node:events";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import { openCore } from "../core.ts";
import { createLog } from "../log.ts";
import { startRadiusSide } from "../radius-side.ts";
import type { MetricsRequest, WorkerMessage, WorkerOrders } from "../radius-workers.ts";
import type { CommandIo } from "./command-io.ts";
import { startProblem } from "./start-problem.ts";

const MAX_CONNECTIONS = 4;

export async function run(_args: readonly string[], io: CommandIo): Promise<number> {
  const send = process.send?.bind(process);
  if (!send) {
    io.stderr.write("weir radius-worker: set WEIR_WORKERS and start the server instead\n");
    return 2;
  }
  const [{ databaseUrl }] = (await once(process, "message")) as [WorkerOrders];
  const parsed = readConfig();
  if (!parsed.ok) {
    send({ kind: "failed", problem: parsed.problems.join("; ") } satisfies WorkerMessage);
    return 2;
  }
  // The terminal's Ctrl-C reaches us too, but it is the server that says when.
  process.on("SIGINT", () => undefined);
  const stopping = new Promise<void>((resolve) => {
    for (const event of ["SIGTERM", "disconnect"]) process.on(event, () => resolve());
  });
  try {
    const worker = await startWorker({ ...parsed.config, databaseUrl });
    process.on("message", (request: MetricsRequest) => {
      worker.metrics().then(
        (metrics) => send({ kind: "metrics", id: request.id, metrics } satisfies WorkerMessage),
        () => undefined,
      );
    });
    send({ kind: "ready", ...worker.ports } satisfies WorkerMessage);
    await stopping;
    await worker.stop();
    return 0;
  } catch (error) {
    send({ kind: "failed", problem: startProblem(error) } satisfies WorkerMessage);
    return 1;
  }
}

async function startWorker(config: Config) {
  const core = await openCore({
    config,
    log: createLog(config.logLevel),
    maxConnections: MAX_CONNECTIONS,
  });
  try {
    // Enforcement runs in the server's own process and hears of the outbox from the database.
    const radius = await startRadiusSide(core, { committed: () => undefined, reusePort: true });
    return {
      ports: { authPort: radius.authPort, acctPort: radius.acctPort },
      metrics: async () => await core.metrics.getMetricsAsJSON(),
      stop: async () => {
        await radius.stop();
        await core.close();
      },
    };
  } catch (error) {
    await core.close();
    throw error;
  }
}
