import type { Queryable, Transaction } from "../database/database.ts";

/**
 * A table whose rows are removed once they are old enough: SQL over its own columns. The age has an index that begins with
 * it, and goes on with the id.
 */
export interface AgedRows {
  readonly table: string;
  /** When what the row is about was over; null or infinity: it is not. */
  readonly age: string;
  readonly idType: "bigint" | "uuid";
  /** Whether a row stays, however old: something that is not over, or is to be kept, needs it. */
  readonly isKept: string;
  /** The customer that a row is about. Absent: it is about none. */
  readonly subscriber?: string;
}

/** Behind which row the next portion begins: its age, as PostgreSQL writes it, and id. */
export interface Place {
  readonly at: string;
  readonly id: string;
}

export interface Portion {
  /** What is older than this goes. */
  readonly before: Date;
  /** undefined: from the oldest on. */
  readonly after: Place | undefined;
  /** Rows looked at, at most. */
  readonly limit: number;
}

export interface PortionRemoved {
  /** Kind of record to how many of it are gone. */
  readonly removed: Readonly<Record<string, number>>;
  /** Whom they were about. */
  readonly subscribers: readonly string[];
  /** Where the next portion begins; undefined: there is no more. */
  readonly next: { readonly after: Place | undefined } | undefined;
}

/** What is there of a kind of record after a run. Counted up to MOST_COUNTED. */
export interface Stock {
  readonly oldest: Date | null;
  /** Older than the limit, and kept for a reason. */
  readonly kept: number;
  /** Older than the limit, and without a reason to be there. */
  readonly overdue: number;
}

/** So many are counted in a second or so: a node that stops meanwhile need not wait. */
export const MOST_COUNTED = 100_000;

/** The rows of a portion, oldest first, as "looked (id, at)". $1 to $4: before, age and id of the place, limit. */
export const lookedAt = ({ table, age, idType }: AgedRows): string =>
  `select ${table}.id, ${age} as at from ${table}
   where ${age} < $1::timestamptz and ($2::timestamptz is null or (${age}, ${table}.id) > ($2::timestamptz, $3::${idType}))
   order by ${age}, ${table}.id limit $4`;

export const placeValues = ({ before, after, limit }: Portion): unknown[] => [
  before,
  after?.at ?? null,
  after?.id ?? null,
  limit,
];

interface RemovedRow {
  readonly removed: number;
  readonly looked: number;
  readonly subscribers: readonly string[];
  readonly at: string;
  readonly id: string;
}

/**
 * Removes what is old enough of a portion and not kept. A row that was changed meanwhile is judged as it is then: a
 * session that came to life again stays.
 */
export async function removeAged(trx: Transaction, rows: AgedRows, portion: Portion): Promise<PortionRemoved> {
  const { table, age, isKept, subscriber = "null::text" } = rows;
  const [row] = await trx.query<RemovedRow>(
    `with looked as materialized (${lookedAt(rows)}),
     removed as (
       delete from ${table} using looked where ${table}.id = looked.id and ${age} < $1::timestamptz and not (${isKept})
       returning ${subscriber} as subscriber_id)
     select (select count(*)::int from removed) as removed, (select count(*)::int from looked) as looked,
       array(select distinct removed.subscriber_id from removed where removed.subscriber_id is not null) as subscribers,
       last.at::text as at, last.id::text as id
     from (select looked.at, looked.id from looked order by looked.at desc, looked.id desc limit 1) as last`,
    placeValues(portion),
  );
  if (!row) return { removed: {}, subscribers: [], next: undefined };
  const { removed, looked, subscribers, at, id } = row;
  return {
    removed: { [table]: removed },
    subscribers,
    next: looked < portion.limit ? undefined : { after: { at, id } },
  };
}

/** What is left, and whether it should be. */
export async function stockOf(on: Queryable, { table, age, isKept }: AgedRows, before: Date): Promise<Stock> {
  const [row] = await on.query<{ oldest: Date | null; old: number; overdue: number }>(
    `select (select min(${age}) from ${table} where ${age} < 'infinity') as oldest,
       (select count(*)::int from (select from ${table} where ${age} < $1::timestamptz limit $2) as counted) as old,
       (select count(*)::int from (
         select from ${table} where ${age} < $1::timestamptz and not (${isKept}) limit $2) as counted) as overdue`,
    [before, MOST_COUNTED],
  );
  const { oldest = null, old = 0, overdue = 0 } = row ?? {};
  return { oldest, kept: old - overdue, overdue };
}
