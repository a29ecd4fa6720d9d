import type { Queryable } from "../database/database.ts";
import { outboxChannel } from "../enforcement/outbox-store.ts";

/** Whether a server on any machine listens to this database: by the name of the connection that its dispatcher waits on. */
export async function isServerListening(on: Queryable): Promise<boolean> {
  const rows = await on.query(
    `select 1 from pg_stat_activity
     where pg_stat_activity.datname = current_database() and pg_stat_activity.application_name = $1 limit 1`,
    [`weir-listen-${outboxChannel}`],
  );
  return rows.length > 0;
}
