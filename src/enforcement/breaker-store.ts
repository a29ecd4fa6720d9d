import type { Queryable, Transaction } from "../database/database.ts";
import {
  BASE_SHARE,
  BASE_STARTS_AT,
  type Breaker,
  breakerLimit,
  breakerScope,
  breakerSubject,
  untouchedBreaker,
} from "./breaker.ts";

export interface BreakerRow {
  readonly id: string;
  readonly limit_count: number | null;
  readonly window_seconds: number;
  readonly is_open: boolean;
  readonly counts_after: string;
}

export const breakerColumns =
  "breaker.id, breaker.limit_count, breaker.window_seconds, breaker.opened_at is not null as is_open, breaker.counts_after";

export const breakerFromRow = (row: BreakerRow): Breaker => ({
  id: row.id,
  ...(row.limit_count === null ? {} : { limit: row.limit_count }),
  windowSeconds: row.window_seconds,
  isOpen: row.is_open,
  countsAfter: row.counts_after,
});

/** One automatic order at a time in the whole cluster, until the transaction ends: so that every limit is met exactly. */
export async function lockBreakers(trx: Transaction): Promise<void> {
  await trx.query("select from breaker where breaker.id = 'base' for update");
}

export interface AutomaticOrder {
  readonly subscriberId: string;
  readonly sourceId: string;
  readonly category: string;
  readonly now: Date;
}

/** The breaker that stops this order, opened if it was not; undefined: none does. The caller holds lockBreakers. */
export async function trippedBreaker(trx: Transaction, order: AutomaticOrder): Promise<string | undefined> {
  const breakers = await breakersFor(trx, order);
  const stops = await Promise.all(breakers.map((breaker) => breaker.isOpen || isAtLimit(trx, breaker, order.now)));
  const tripped = breakers.find((_, index) => stops[index]);
  if (tripped && !tripped.isOpen) await openBreaker(trx, tripped.id, order.now);
  return tripped?.id;
}

/** The narrowest first, so that a source gone mad trips its own before it trips everybody's. */
async function breakersFor(trx: Transaction, { subscriberId, sourceId, category }: AutomaticOrder): Promise<Breaker[]> {
  const source = `source:${sourceId}`;
  const rows = await trx.query<BreakerRow>(
    `select ${breakerColumns} from breaker where breaker.id = any ($1::text[]) or breaker.id in (
       select 'nas:' || session.nas_id from session where session.subscriber_id = $2 and session.stopped_at is null)`,
    [[source, `category:${category}`, "base"], subscriberId],
  );
  const found = rows.map(breakerFromRow);
  if (!found.some(({ id }) => id === source)) found.push(untouchedBreaker(source));
  const order = ["source", "category", "nas", "base"];
  return found.sort((a, b) => order.indexOf(breakerScope(a.id) ?? "") - order.indexOf(breakerScope(b.id) ?? ""));
}

async function isAtLimit(trx: Transaction, breaker: Breaker, now: Date): Promise<boolean> {
  const count = await countedBy(trx, breaker, now);
  const needed = Math.max(BASE_STARTS_AT, BASE_SHARE * (count + 1));
  const isBaseShare = breaker.id === "base" && breaker.limit === undefined;
  const limit = breakerLimit(breaker, isBaseShare ? await openSessions(trx, needed) : 0);
  return limit !== undefined && count >= limit;
}

/** Automatic measures that count against a breaker in the window that ends now. */
export async function countedBy(on: Queryable, breaker: Breaker, now: Date): Promise<number> {
  const subjects = {
    source: "measure.source_id = $3",
    category: "measure.category = $3",
    nas: "measure.nas_ids @> array[$3::text]",
    base: "$3::text is not null",
  };
  const since = new Date(now.getTime() - breaker.windowSeconds * 1000);
  const rows = await on.query<{ count: number }>(
    `select count(*)::int as count from measure where measure.is_counted and measure.ordered_at > $1 and measure.id > $2
       and ${subjects[breakerScope(breaker.id) ?? "base"]}`,
    [since, breaker.countsAfter, breakerSubject(breaker.id)],
  );
  return rows[0]?.count ?? 0;
}

/** So many are counted one by one within some milliseconds. */
const MOST_COUNTED = 200_000;

/** Open sessions, no further than `atMost`. Past some hundred thousand as many as PostgreSQL last estimated. */
export async function openSessions(on: Queryable, atMost: number): Promise<number> {
  const rows = await on.query<{ count: number }>(
    `select count(*)::int as count from (select from session where session.stopped_at is null limit $1) as open`,
    [Math.min(atMost, MOST_COUNTED)],
  );
  const counted = rows[0]?.count ?? 0;
  return counted < MOST_COUNTED || atMost <= MOST_COUNTED ? counted : Math.min(atMost, await estimatedSessions(on));
}

async function estimatedSessions(on: Queryable): Promise<number> {
  const rows = await on.query<{ estimate: number }>(
    "select reltuples::float8 as estimate from pg_class where oid = 'session_open_id'::regclass",
  );
  return Math.max(rows[0]?.estimate ?? 0, MOST_COUNTED);
}

/** Opens a breaker until it is reset; one that is open stays so since when it was. The caller holds lockBreakers. */
export async function openBreaker(trx: Transaction, id: string, now: Date): Promise<void> {
  await trx.query(
    `insert into breaker (id, opened_at, updated_at) values ($1, $2, $2)
     on conflict (id) do update set opened_at = coalesce(breaker.opened_at, excluded.opened_at), updated_at = excluded.updated_at`,
    [id, now],
  );
}
