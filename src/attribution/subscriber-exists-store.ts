import type { Queryable } from "../database/database.ts";

/** Which of these subscribers there still are. */
export async function existingSubscribers(on: Queryable, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await on.query<{ id: string }>(
    "select subscriber.id from subscriber where subscriber.id = any ($1::text[])",
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}
