import { readdir, readFile } from "node:fs/promises";
import knexFactory, { type Knex } from "knex";
import pg from "pg";

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

const LOCK_LIMIT = "60s";

/**
 * One at a time, also on a new database, where knex's own lock has no table yet. PostgreSQL lets go of it when its holder
 * dies; knex's stays in its table, and every later start would wait for a person.
 */
async function alone<T>(databaseUrl: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "weir-migrate" });
  await client.connect();
  client.on("error", () => undefined);
  try {
    await client.query(`set lock_timeout = '${LOCK_LIMIT}'`);
    await client.query("select pg_advisory_lock(hashtext('weir_migrate'))");
    return await work();
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Brings the schema up to date; several nodes may call it at once. Returns the names it applied. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const knex = knexFactory({ client: "pg", connection: databaseUrl, pool: { min: 0, max: 1 }, log: silent });
  const migrator = { migrationSource: sqlFiles };
  try {
    return await alone(databaseUrl, async () => {
      // Ours is held: whoever had knex's is no more.
      await knex.migrate.forceFreeMigrationsLock(migrator);
      const [, applied] = (await knex.migrate.latest(migrator)) as [number, string[]];
      return applied;
    });
  } finally {
    await knex.destroy();
  }
}
