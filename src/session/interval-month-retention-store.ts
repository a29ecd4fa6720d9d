import type { Queryable, Transaction } from "../database/database.ts";

/** The part of the address history that ended in one month (UTC). */
export interface IntervalMonth {
  /** Of its table. */
  readonly name: string;
  readonly begins: Date;
  readonly ends: Date;
  /** False: no part of the history any more, and only to be dropped. */
  readonly isAttached: boolean;
}

/** The first moment of the month `ahead` months after the one of `at`. */
export const monthOf = (at: Date, ahead = 0): Date =>
  new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + ahead, 1));

/** Ends the name of a table that was taken out: one that somebody else took out is theirs, and left alone. */
const GONE = "_gone";

/** All there are, oldest first. */
export async function intervalMonths(on: Queryable): Promise<IntervalMonth[]> {
  const rows = await on.query<{ name: string; year: number; month: number; isAttached: boolean }>(
    `select month.relname as name, substr(month.relname, 18, 4)::int as year, substr(month.relname, 23, 2)::int as month,
       month.relispartition as "isAttached"
     from pg_class as history join pg_class as month on month.relnamespace = history.relnamespace
     where history.oid = 'address_interval_history'::regclass and month.relkind = 'r'
       and month.relname ~ case when month.relispartition then '^address_interval_\\d{4}_\\d{2}$'
         else '^address_interval_\\d{4}_\\d{2}${GONE}$' end
     order by month.relname`,
  );
  return rows.map(({ name, year, month, isAttached }) => ({
    name,
    begins: new Date(Date.UTC(year, month - 1, 1)),
    ends: new Date(Date.UTC(year, month, 1)),
    isAttached,
  }));
}

/** 'strays': too many of the month's intervals are in the stray partition to be moved in a moment; they stay there. */
export async function addIntervalMonth(trx: Transaction, begins: Date): Promise<"made" | "there" | "strays"> {
  const [row] = await trx.query<{ answer: "made" | "there" | "strays" }>(
    "select weir_add_interval_month($1::date) as answer",
    [begins.toISOString().slice(0, 10)],
  );
  return row?.answer ?? "there";
}

/** Takes a month out of the history. Locks the history for as long as the transaction lasts. */
export async function detachMonth(trx: Transaction, month: IntervalMonth): Promise<IntervalMonth> {
  const name = `${month.name}${GONE}`;
  await trx.query(`alter table address_interval_history detach partition ${month.name}`);
  await trx.query(`alter table ${month.name} rename to ${name}`);
  return { ...month, name, isAttached: false };
}

/** Larger tables are counted by PostgreSQL's own estimate: a look at each row would take minutes. */
const MOST_COUNTED_BYTES = 256 * 1024 * 1024;

async function intervalsIn(on: Queryable, name: string): Promise<number> {
  const [table] = await on.query<{ is_small: boolean; estimate: number }>(
    `select pg_table_size(pg_class.oid) <= $2 as is_small, greatest(pg_class.reltuples, 0)::float8 as estimate
     from pg_class where pg_class.oid = $1::regclass`,
    [name, MOST_COUNTED_BYTES],
  );
  if (!table?.is_small) return table?.estimate ?? 0;
  const [row] = await on.query<{ count: string }>(`select count(*) from ${name}`);
  return Number(row?.count ?? 0);
}

/** Puts intervals of a month that was taken out back into the history, as strays. Returns how many. */
async function putBack(trx: Transaction, held: string): Promise<number> {
  const rows = await trx.query(
    `insert into address_interval (prefix, held_from, held_until, session_id, subscriber_id, nas_id)
     select held.prefix, held.held_from, held.held_until, held.session_id, held.subscriber_id, held.nas_id from ${held}
     returning 1`,
  );
  return rows.length;
}

/**
 * Drops a month that was taken out, but for the intervals of sessions that are kept (kept_session) and of customers under a
 * legal hold. Returns how many are gone.
 */
export async function dropMonth(trx: Transaction, { name }: IntervalMonth): Promise<number> {
  const count = await intervalsIn(trx, name);
  const ofSessions = await putBack(
    trx,
    `kept_session cross join lateral (
       select * from ${name} as interval where interval.session_id = kept_session.session_id offset 0) as held`,
  );
  // Their sessions may be gone already. Where there is no hold PostgreSQL does not begin to read the month.
  const ofHolds = await putBack(
    trx,
    `${name} as held join legal_hold on legal_hold.subscriber_id = held.subscriber_id
     where not exists (select from kept_session where kept_session.session_id = held.session_id)`,
  );
  await trx.query(`drop table ${name}`);
  return count - ofSessions - ofHolds;
}
