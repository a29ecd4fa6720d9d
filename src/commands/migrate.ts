import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { migrate } from "../database/migrate.ts";
import { borrowPostgres } from "../own-postgres.ts";
import type { CommandIo } from "./command-io.ts";
import { configuration } from "./configuration.ts";
import { failureText } from "./failure-text.ts";
import { readArguments } from "./read-arguments.ts";

const usage = `usage: weir migrate

Applies the migrations that the database has not had yet, and names them. The server does the same when it starts; run
it yourself before several nodes start, or where the server's own database user may not change the schema.
Any number may run at once: they wait for each other.

exit code: 0 up to date, 1 failed, 2 wrong usage or configuration
`;

async function bringUpToDate({ databaseUrl, dataDir }: Config): Promise<string[]> {
  if (databaseUrl !== undefined) return await migrate(databaseUrl);
  const postgres = await borrowPostgres(dataDir);
  try {
    return await migrate(postgres.url);
  } finally {
    await postgres.stop();
  }
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const form = { command: "migrate", usage, count: [0, 0] as const };
  const read = readArguments(io, form, () =>
    parseArgs({ args: [...args], allowPositionals: true, options: { help: { type: "boolean", short: "h" } } }),
  );
  if (read.kind === "done") return read.code;
  const config = configuration(io);
  if (!config) return 2;
  try {
    const applied = await bringUpToDate(config);
    const lines = applied.map((name) => `applied ${name}`);
    io.stdout.write(`${[...lines, "the schema is up to date"].join("\n")}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(`weir migrate: ${failureText(error)}\n`);
    return 1;
  }
}
