import type { Queryable } from "../database/database.ts";

/** NASes that said since then that they restarted, and when last. */
export async function restartedNases(
  on: Queryable,
  since: Date,
): Promise<{ readonly id: string; readonly restartedAt: Date }[]> {
  return await on.query(
    `select nas.id, nas.restarted_at as "restartedAt" from nas where nas.restarted_at >= $1 order by nas.id`,
    [since],
  );
}
