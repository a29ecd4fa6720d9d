import type { Queryable } from "../database/database.ts";

/** A record as it was put in. */
export interface RecordToForward {
  readonly receivedAt: Date;
  readonly attributes: Buffer;
}

/** A record that is this process's until its lease is over. */
export interface HeldRecord extends RecordToForward {
  readonly id: string;
  /** Attempts that failed. */
  readonly tries: number;
}

/** Puts records in; each is its writer's for `leasesMs`, 0: whose who comes first. Returns their ids, in order. */
export async function storeRecords(
  on: Queryable,
  records: readonly RecordToForward[],
  leasesMs: readonly number[],
): Promise<string[]> {
  const rows = await on.query<{ id: string }>(
    `insert into forwarded_accounting (received_at, attributes, due_at)
     select to_timestamp(given.received_ms / 1000), given.attributes, clock_timestamp() + given.lease * interval '1 millisecond'
     from unnest($1::float8[], $2::bytea[], $3::float8[])
       with ordinality as given (received_ms, attributes, lease, place)
     order by given.place
     returning forwarded_accounting.id`,
    [records.map(({ receivedAt }) => receivedAt.getTime()), records.map(({ attributes }) => attributes), leasesMs],
  );
  // Ids are given in the order of the places.
  return rows.map(({ id }) => id).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
}

/** Takes the oldest that nobody has, for `leaseMs`. */
export async function takeDueRecords(on: Queryable, limit: number, leaseMs: number): Promise<HeldRecord[]> {
  const rows = await on.query<{ id: string; received_at: Date; attributes: Buffer; tries: number }>(
    `update forwarded_accounting as taken set due_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
     from (
       select waiting.id from forwarded_accounting as waiting
       where waiting.due_at <= clock_timestamp() order by waiting.id limit $1 for update skip locked) as due
     where taken.id = due.id
     returning taken.id, taken.received_at, taken.attributes, taken.tries`,
    [limit, leaseMs],
  );
  return rows.map(({ received_at, ...row }) => ({ ...row, receivedAt: received_at }));
}

/** They stay this process's for another `leaseMs`. */
export async function renewLeases(on: Queryable, ids: readonly string[], leaseMs: number): Promise<void> {
  await on.query(
    `update forwarded_accounting set due_at = clock_timestamp() + $2::float8 * interval '1 millisecond'
     where forwarded_accounting.id = any($1::bigint[])`,
    [ids, leaseMs],
  );
}

/** Gives them back: whoever comes first after `waitsMs` may try. `failed`: how many attempts failed meanwhile. */
export async function putOffRecords(
  on: Queryable,
  ids: readonly string[],
  { waitsMs, failed }: { readonly waitsMs: readonly number[]; readonly failed: number },
): Promise<void> {
  await on.query(
    `update forwarded_accounting as kept
     set due_at = clock_timestamp() + given.wait * interval '1 millisecond', tries = kept.tries + $3::integer
     from unnest($1::bigint[], $2::float8[]) as given (id, wait)
     where kept.id = given.id`,
    [ids, waitsMs, failed],
  );
}

export async function deleteRecords(on: Queryable, ids: readonly string[]): Promise<void> {
  await on.query("delete from forwarded_accounting where forwarded_accounting.id = any($1::bigint[])", [ids]);
}

/** Deletes what came before, whoever has it, `limit` at most. Returns how many. */
export async function deleteOldRecords(on: Queryable, before: Date, limit: number): Promise<number> {
  const rows = await on.query(
    `delete from forwarded_accounting as gone using (
       select old.id from forwarded_accounting as old where old.received_at < $1
       order by old.received_at limit $2 for update skip locked) as chosen
     where gone.id = chosen.id returning 1`,
    [before, limit],
  );
  return rows.length;
}

/** How many there are, up to `most`. */
export async function countRecords(on: Queryable, most: number): Promise<number> {
  const [row] = await on.query<{ count: number }>(
    "select count(*)::integer as count from (select from forwarded_accounting limit $1) as counted",
    [most],
  );
  return row?.count ?? 0;
}
