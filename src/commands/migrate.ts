import { parseArgs } from "node:util";
import { borrowPostgres } from "../borrow-postgres.ts";
import type { Config } from "../config/config.ts";
import { migrate } from "../database/migrate.ts";
import type { CommandIo } from "./command-io.ts";
import { configuration } from "./configuration.ts";
import { endEarly } from "./end-early.ts";
import { type Ending, interruption } from "./interruption.ts";
import { readArguments } from "./read-arguments.ts";
import { startProblem } from "./start-problem.ts";

const usage = `usage: weir migrate

Applies the migrations that the database has not had yet, and names them. The
server does the same when it starts; run it yourself before several nodes start,
or where the server's own database user may not change the schema. Any number
may run at once: they wait for each other.

exit code: 0 up to date, 1 failed, 2 wrong usage or configuration
`;

interface Migrating {
  readonly config: Config;
  readonly ending: Promise<Ending>;
}

/** The names of what was applied, or why it was not waited for. What is cut short is rolled back. */
async function bringUpToDate({ config, ending }: Migrating): Promise<string[] | Ending> {
  const migrated = (url: string) => Promise.race([migrate(url), ending]);
  if (config.databaseUrl !== undefined) return await migrated(config.databaseUrl);
  const postgres = await borrowPostgres(config.dataDir);
  try {
    return await migrated(postgres.url);
  } finally {
    await postgres.stop();
  }
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "migrate", usage, count: [0, 0] } as const;
  const read = readArguments(io, form, () =>
    parseArgs({ args: [...args], allowPositionals: true, options: { help: { type: "boolean", short: "h" } } }),
  );
  if (read.kind === "done") return read.code;
  const config = configuration(io);
  if (!config) return 2;
  const { ending, forget } = interruption(io.stdout);
  try {
    const applied = await bringUpToDate({ config, ending });
    if (typeof applied === "string") return endEarly(io, "migrate", applied);
    const lines = applied.map((name) => `applied ${name}`);
    io.stdout.write(`${[...lines, "the schema is up to date"].join("\n")}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(`weir migrate: ${startProblem(error)}\ntry: weir doctor\n`);
    return 1;
  } finally {
    forget();
  }
}
