import { readdir, readFile } from "node:fs/promises";
import knexFactory, { type Knex } from "knex";

const folder = new URL("../../migrations/", import.meta.url);

/** Migrations are plain SQL files, named without their ending so that a rename of the ending breaks nothing. */
const sqlFiles: Knex.MigrationSource<string> = {
  getMigrations: async () =>
    (await readdir(folder))
      .filter((name) => name.endsWith(".sql"))
      .map((name) => name.slice(0, -".sql".length))
      .sort(),
  getMigrationName: (name) => name,
  getMigration: async (name) => ({
    up: async (knex) => {
      await knex.raw((await readFile(new URL(`${name}.sql`, folder), "utf8")).replaceAll("?", "\\?"));
    },
    down: async () => {
      throw new Error("migrations are append-only: restore a backup, or write the next migration");
    },
  }),
};

/** knex writes to the standard output, which is the commands' own; what went wrong is thrown as well. */
const silent: Knex.Logger = {
  warn: () => undefined,
  error: () => undefined,
  deprecate: () => undefined,
  debug: () => undefined,
};

/** Brings the schema up to date; several nodes may call it at once (knex locks). Returns the names it applied. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const knex = knexFactory({ client: "pg", connection: databaseUrl, pool: { min: 0, max: 1 }, log: silent });
  try {
    const [, applied] = (await knex.migrate.latest({ migrationSource: sqlFiles })) as [number, string[]];
    return applied;
  } finally {
    await knex.destroy();
  }
}
