import type { Queryable } from "../../database/database.ts";

export interface DatabaseFacts {
  /** As server_version_num has it: 180001. */
  readonly version: number;
  readonly fsync: boolean;
  readonly synchronousCommit: boolean;
  readonly maxConnections: number;
  readonly now: Date;
}

export async function databaseFacts(on: Queryable): Promise<DatabaseFacts> {
  const [row] = await on.query<DatabaseFacts>(
    `select current_setting('server_version_num')::int as version, current_setting('fsync') = 'on' as fsync,
       current_setting('synchronous_commit') <> 'off' as "synchronousCommit",
       current_setting('max_connections')::int as "maxConnections", clock_timestamp() as now`,
  );
  if (!row) throw new Error("the database answered nothing");
  return row;
}

/** The migrations that a database has had; undefined: none ever. */
export async function appliedMigrations(on: Queryable): Promise<string[] | undefined> {
  const [table] = await on.query<{ found: boolean }>("select to_regclass('knex_migrations') is not null as found");
  if (!table?.found) return undefined;
  const rows = await on.query<{ name: string }>("select knex_migrations.name from knex_migrations order by name");
  return rows.map(({ name }) => name);
}

/** Sessions that should have been brought to their profile a minute ago, and that nobody is at. */
export async function overdueJobs(on: Queryable): Promise<number> {
  const [row] = await on.query<{ count: number }>(
    `select count(*)::int as count from enforcement_job
     where enforcement_job.due_at < now() - interval '1 minute'
       and (enforcement_job.claimed_until is null or enforcement_job.claimed_until < now())`,
  );
  return row?.count ?? 0;
}
