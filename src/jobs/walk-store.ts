import type { Queryable } from "../database/database.ts";

/** After which id a walk goes on; "0": from the beginning. */
export async function walkedTo(on: Queryable, name: string): Promise<string> {
  const rows = await on.query<{ after_id: string }>("select walk.after_id from walk where walk.name = $1", [name]);
  return rows[0]?.after_id ?? "0";
}

export async function rememberWalk(on: Queryable, name: string, after: string): Promise<void> {
  await on.query(
    `insert into walk (name, after_id) values ($1, $2) on conflict (name) do update set after_id = excluded.after_id`,
    [name, after],
  );
}
