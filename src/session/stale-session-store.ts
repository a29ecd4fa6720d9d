import type { Database, Transaction } from "../database/database.ts";
import { endSessions } from "./end-sessions-store.ts";
import { HEARD_SLOT_MS } from "./heard-nas-store.ts";
import { sendsInterims, silenceOf } from "./session-silence-store.ts";

export interface StaleRule {
  readonly now: Date;
  /** Silence after which a session is taken to be over that sent Interims, but did not say how often it would. */
  readonly unknownIntervalMs: number;
}

/** Open sessions by id, from the one after `after`. */
export interface SessionPortion {
  readonly after: string;
  readonly limit: number;
}

export interface StaleFindings {
  readonly ended: number;
  /** The last session looked at; undefined: there are no more. */
  readonly last: string | undefined;
}

/** For how long it is known when a NAS was heard. */
export const HEARD_KEPT_MS = 4 * 24 * 60 * 60 * 1000;
/** One span at either end may have been heard for a moment only. */
const MOST_SLOTS = HEARD_KEPT_MS / HEARD_SLOT_MS - 2;

const silence = silenceOf("$2 * interval '1 millisecond'");

/**
 * How a session falls silent. It must have sent Interims: a NAS that sends none has sessions that live for weeks,
 * and they end by a Stop, a restart, or another use of their id. And for all that time its NAS must
 * have been heard, in which our own outage, or that of the NAS's link, is no silence of the session. So the first look
 * after an outage ends nothing, and a NAS of which nothing at all is heard keeps its sessions. $1: now, $2: see StaleRule.
 */
const isStale = `session.stopped_at is null
  and ${sendsInterims}
  and session.last_seen_at < $1::timestamptz - ${silence}
  and (select count(*) from nas_heard where nas_heard.nas_id = session.nas_id
      and nas_heard.slot > session.last_seen_at and nas_heard.slot <= $1::timestamptz)
    >= least(ceil(extract(epoch from ${silence}) / ${HEARD_SLOT_MS / 1000}), ${MOST_SLOTS}) + 2`;

/**
 * Looks at a portion of the open sessions, and ends those of which nothing was heard for too long at the time when they
 * were last seen, with cause "stale", and their address intervals. An Interim that comes after all opens them again.
 */
export async function closeStaleSessions(
  database: Pick<Database, "transaction">,
  rule: StaleRule,
  portion: SessionPortion,
): Promise<StaleFindings> {
  return await database.transaction(async (trx) => {
    const looked = await staleAmong(trx, rule, portion);
    const ids = await lockStale(
      trx,
      rule,
      looked.flatMap(({ id, is_stale }) => (is_stale ? [id] : [])),
    );
    await endSessions(trx, { ids, cause: "stale" });
    return { ended: ids.length, last: looked.length < portion.limit ? undefined : looked.at(-1)?.id };
  });
}

async function staleAmong(
  trx: Transaction,
  { now, unknownIntervalMs }: StaleRule,
  { after, limit }: SessionPortion,
): Promise<{ readonly id: string; readonly is_stale: boolean }[]> {
  return await trx.query(
    `select session.id, ${isStale} as is_stale from session
     where session.stopped_at is null and session.id > $3 order by session.id limit $4`,
    [now, unknownIntervalMs, after, limit],
  );
}

/** In a statement of its own: what is done next sees what was committed while it waited. */
async function lockStale(
  trx: Transaction,
  { now, unknownIntervalMs }: StaleRule,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await trx.query<{ id: string }>(
    `select session.id from session where session.id = any ($3::bigint[]) and ${isStale}
     -- as recorders sort their keys
     order by session.nas_id collate "C", session.acct_session_id collate "C" for update`,
    [now, unknownIntervalMs, ids],
  );
  return rows.map(({ id }) => id);
}
