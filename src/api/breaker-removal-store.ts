import type { Queryable } from "../database/database.ts";

/** Once what a breaker is of is gone, so is the breaker; but not as long as somebody has to decide upon what it held. */
export async function removeBreaker(on: Queryable, id: string): Promise<void> {
  await on.query(
    `delete from breaker where breaker.id = $1 and not exists (
       select from measure where measure.state = 'held' and measure.held_by = $1)`,
    [id],
  );
}
