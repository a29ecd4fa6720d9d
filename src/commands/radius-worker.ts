import { once } from "node:events";
import { readConfig } from "../config/read-config.ts";
import { openCore } from "../core.ts";
import { createLog } from "../log.ts";
import { startRadiusSide } from "../radius-side.ts";
import type { WorkerMessage, WorkerOrders } from "../radius-workers.ts";
import type { CommandIo } from "./command-io.ts";

export const summary = "one of the server's RADIUS processes: started by it, not by people";

const MAX_CONNECTIONS = 8;

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
  const config = { ...parsed.config, databaseUrl };
  const core = await openCore({
    config,
    log: createLog(config.logLevel),
    maxConnections: MAX_CONNECTIONS,
    ownsDatabase: false,
  });
  // Enforcement runs in the server's own process and hears of the outbox from the database.
  const radius = await startRadiusSide(core, { committed: () => undefined, reusePort: true });
  send({ kind: "ready", authPort: radius.authPort, acctPort: radius.acctPort } satisfies WorkerMessage);
  // The terminal's Ctrl-C reaches us too, but it is the server that says when.
  process.on("SIGINT", () => undefined);
  await Promise.race([once(process, "SIGTERM"), once(process, "disconnect")]);
  await radius.stop();
  await core.close();
  return 0;
}
