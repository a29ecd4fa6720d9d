import type { Queryable, Transaction } from "../database/database.ts";
import { type Breaker, type BreakerScope, breakerLimit, breakerScope } from "./breaker.ts";
import {
  type BreakerRow,
  breakerColumns,
  breakerFromRow,
  countedBy,
  lockBreakers,
  openSessions,
} from "./breaker-store.ts";
import { EnforcementError } from "./enforcement-error.ts";
import type { MeasureKind } from "./measure.ts";

/** A measure that waits because of a breaker: approve or reject it by its id. */
export interface HeldMeasure {
  readonly id: string;
  readonly subscriber: string;
  readonly kind: MeasureKind;
  readonly reason: string;
  readonly orderedAt: Date;
}

export interface BreakerView {
  readonly id: string;
  readonly scope: BreakerScope;
  /** null: none, as long as nobody sets one. */
  readonly limit: number | null;
  readonly windowSeconds: number;
  /** Automatic measures in the window that ends now. */
  readonly count: number;
  readonly state: "closed" | "open";
  /** The oldest thousand. */
  readonly held: readonly HeldMeasure[];
}

const MOST_HELD_SHOWN = 1000;
/** Past this many open sessions the share of the base is shown as a share of this. */
const MOST_SESSIONS_COUNTED = 20_000_000;

/** Those that somebody set, that tripped, or that counted something in the last day; and the base. */
export async function listBreakers(on: Queryable, now: Date): Promise<BreakerView[]> {
  const rows = await on.query<BreakerRow>(
    `select ${breakerColumns} from breaker
     union all
     select 'source:' || used.source_id, null, 3600, false, 0 from (
       select distinct measure.source_id from measure where measure.is_counted and measure.ordered_at > $1) as used
     where not exists (select from breaker where breaker.id = 'source:' || used.source_id)
     order by 1`,
    [new Date(now.getTime() - 24 * 60 * 60 * 1000)],
  );
  const views: BreakerView[] = [];
  for (const row of rows) views.push(await viewOf(on, breakerFromRow(row), now));
  return views;
}

async function viewOf(on: Queryable, breaker: Breaker, now: Date): Promise<BreakerView> {
  const isBaseShare = breaker.id === "base" && breaker.limit === undefined;
  const limit = breakerLimit(breaker, isBaseShare ? await openSessions(on, MOST_SESSIONS_COUNTED) : 0);
  return {
    id: breaker.id,
    scope: breakerScope(breaker.id) ?? "base",
    limit: limit ?? null,
    windowSeconds: breaker.windowSeconds,
    count: await countedBy(on, breaker, now),
    state: breaker.isOpen ? "open" : "closed",
    held: await heldBy(on, breaker.id),
  };
}

async function heldBy(on: Queryable, id: string): Promise<HeldMeasure[]> {
  return await on.query<HeldMeasure>(
    `select measure.id, measure.subscriber_id as subscriber, measure.kind, measure.reason, measure.ordered_at as "orderedAt"
     from measure where measure.state = 'held' and measure.held_by = $1 order by measure.id limit $2`,
    [id, MOST_HELD_SHOWN],
  );
}

const checkedScope = (id: string): void => {
  if (!breakerScope(id))
    throw new EnforcementError(
      "unknown-breaker",
      `there is no breaker "${id}": its id is "base", or "source:", "category:" or "nas:" and a name`,
    );
};

/** Sets a limit; null: the default for its scope again. An open breaker stays open: a reset closes it. Throws EnforcementError unknown-breaker. */
export async function putBreaker(
  trx: Transaction,
  breaker: { id: string; limit: number | null; windowSeconds: number; now: Date },
): Promise<BreakerView> {
  checkedScope(breaker.id);
  await lockBreakers(trx);
  const rows = await trx.query<BreakerRow>(
    `insert into breaker (id, limit_count, window_seconds, updated_at) values ($1, $2, $3, $4)
     on conflict (id) do update set limit_count = excluded.limit_count, window_seconds = excluded.window_seconds,
       updated_at = excluded.updated_at
     returning ${breakerColumns}`,
    [breaker.id, breaker.limit, breaker.windowSeconds, breaker.now],
  );
  return await firstView(trx, rows, breaker.now);
}

/** Closes a breaker and starts its count afresh; what it held stays held until approved. Throws unknown-breaker. */
export async function resetBreaker(trx: Transaction, { id, now }: { id: string; now: Date }): Promise<BreakerView> {
  checkedScope(id);
  await lockBreakers(trx);
  const rows = await trx.query<BreakerRow>(
    `insert into breaker (id, counts_after, updated_at) select $1, coalesce(max(measure.id), 0), $2 from measure
     on conflict (id) do update set opened_at = null, counts_after = excluded.counts_after, updated_at = excluded.updated_at
     returning ${breakerColumns}`,
    [id, now],
  );
  return await firstView(trx, rows, now);
}

async function firstView(trx: Transaction, [row]: readonly BreakerRow[], now: Date): Promise<BreakerView> {
  if (!row) throw new Error("the breaker just written is not there");
  return await viewOf(trx, breakerFromRow(row), now);
}
