import type { Transaction } from "../database/database.ts";
import type { HeldInterval } from "./address-runs.ts";

/** An interval as a row; times in ms. */
export interface IntervalRow extends HeldInterval {
  readonly sessionId: string;
  readonly subscriberId: string | undefined;
  readonly nasId: string;
}

const time = (ms: number): string => new Date(ms).toISOString();

/** Removes intervals that are taken to be open; those that an earlier change has closed are left to `removeClosed`. */
export async function removeOpen(trx: Transaction, rows: readonly Pick<IntervalRow, "sessionId" | "prefix">[]) {
  if (rows.length === 0) return;
  await trx.query(
    `delete from address_interval_open as interval using unnest($1::bigint[], $2::cidr[]) as gone (session_id, prefix)
     where interval.session_id = gone.session_id and interval.prefix = gone.prefix`,
    [rows.map(({ sessionId }) => sessionId), rows.map(({ prefix }) => prefix)],
  );
}

/** Removes intervals from history, for a late record that puts them right. */
export async function removeClosed(
  trx: Transaction,
  rows: readonly Pick<IntervalRow, "sessionId" | "prefix" | "from">[],
) {
  if (rows.length === 0) return;
  await trx.query(
    `delete from address_interval_history as interval
     using unnest($1::bigint[], $2::cidr[], $3::timestamptz[]) as gone (session_id, prefix, held_from)
     where interval.session_id = gone.session_id and interval.prefix = gone.prefix and interval.held_from = gone.held_from`,
    [rows.map(({ sessionId }) => sessionId), rows.map(({ prefix }) => prefix), rows.map(({ from }) => time(from))],
  );
}

export async function addIntervals(trx: Transaction, rows: readonly IntervalRow[]): Promise<void> {
  if (rows.length === 0) return;
  await trx.query(
    `insert into address_interval (prefix, held_from, held_until, session_id, subscriber_id, nas_id)
     select * from unnest($1::cidr[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::text[], $6::text[])`,
    [
      rows.map(({ prefix }) => prefix),
      rows.map(({ from }) => time(from)),
      rows.map(({ until }) => (until === undefined ? "infinity" : time(until))),
      rows.map(({ sessionId }) => sessionId),
      rows.map(({ subscriberId }) => subscriberId ?? null),
      rows.map(({ nasId }) => nasId),
    ],
  );
}
