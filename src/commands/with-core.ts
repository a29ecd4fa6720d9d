import { type Core, openCore } from "../core.ts";
import { createLog } from "../log.ts";
import type { CommandIo } from "./command-io.ts";
import { configuration } from "./configuration.ts";
import { endEarly } from "./end-early.ts";
import { interruption } from "./interruption.ts";
import { startProblem } from "./start-problem.ts";

const MAX_CONNECTIONS = 4;

/**
 * Runs a command's work on the database and gives everything back. Beside a running server its database is used as it
 * is; without one, an embedded PostgreSQL is started for as long as the work takes.
 */
export async function withCore(io: CommandIo, command: string, work: (core: Core) => Promise<number>): Promise<number> {
  const config = configuration(io);
  if (!config) return 2;
  const interrupted = interruption(io.stdout);
  const refuse = (problem: string): 1 => {
    io.stderr.write(`weir ${command}: ${problem}\n`);
    return 1;
  };
  const endedEarly = interrupted.ending.then((ending) => endEarly(io, command, ending));
  try {
    // What is worth a line in a server's log would only be in the way of a command's own words.
    const log = createLog(config.logLevel === "info" ? "warn" : config.logLevel, io.stderr);
    const opening = openCore({ config, log, maxConnections: MAX_CONNECTIONS });
    const core = await opening.catch((error: unknown) => startProblem(error));
    if (typeof core === "string") return refuse(`${core}\ntry: weir doctor`);
    try {
      // Asked to end while it was opened, it does not even begin.
      const early = await Promise.race([endedEarly, undefined]);
      return early ?? (await Promise.race([work(core), endedEarly]));
    } finally {
      await core.close();
    }
  } finally {
    interrupted.forget();
  }
}
