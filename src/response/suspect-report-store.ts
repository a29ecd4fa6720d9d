import type { Queryable } from "../database/database.ts";

/** How many sessions of a NAS a report names, and how many are open there. */
export interface NamedShare {
  readonly nas: string;
  readonly named: number;
  /** Counted no further than is needed to tell whether a share is reached. */
  readonly open: number;
}

/** For each NAS of these sessions: how much of it they are. */
export async function namedShares(
  on: Queryable,
  sessionIds: readonly string[],
  counted: { readonly atLeast: number; readonly times: number },
): Promise<NamedShare[]> {
  return await on.query<NamedShare>(
    `select named.nas_id as nas, named.named, (
       select count(*)::int from (
         select from session where session.nas_id = named.nas_id and session.stopped_at is null
         limit greatest($2::int, $3::int * named.named + 1)) as open) as open
     from (
       select session.nas_id, count(*)::int as named from session where session.id = any ($1::bigint[])
       group by session.nas_id) as named`,
    [sessionIds, counted.atLeast, counted.times],
  );
}
