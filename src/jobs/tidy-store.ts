import type { Queryable } from "../database/database.ts";

/** Answers kept for repeated requests, `limit` at most. Returns how many were deleted. */
export async function deleteOldAnswers(on: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await on.query(
    `delete from idempotent_request as kept using (
       select idempotent_request.key_id, idempotent_request.idempotency_key from idempotent_request
       where idempotent_request.created_at < $1 and idempotent_request.claimed_until < $1
       order by idempotent_request.created_at limit $2) as old
     where kept.key_id = old.key_id and kept.idempotency_key = old.idempotency_key
     returning 1`,
    [before, limit],
  );
  return rows.length;
}

/** Access-Accepts of which no session came, or whose session has taken over what it needs. */
export async function deleteOldGrants(on: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await on.query(
    `delete from grant_given using (
       select old.id from grant_given as old where old.given_at < $1 order by old.given_at limit $2) as chosen
     where grant_given.id = chosen.id returning 1`,
    [before, limit],
  );
  return rows.length;
}
