import type { Queryable } from "../database/database.ts";
import type { AddressHolding } from "./address-holding.ts";
import { enclosingPrefixes } from "./enclosing-prefixes.ts";
import { possibleStart, type RecordedHold } from "./possible-start.ts";
import { sendsInterims, silenceOf, UNKNOWN_INTERVAL_MS } from "./session-silence-store.ts";
import { UNSAID_DELAY_MS } from "./unsaid-delay.ts";

interface HoldingRow {
  readonly session_id: string;
  readonly subscriber_id: string | null;
  readonly has_subscriber: boolean;
  readonly username: string;
  readonly nas_id: string;
  readonly prefix: string;
  readonly held_from: Date;
  readonly held_until: Date | null;
  readonly is_end_inferred: boolean;
  readonly last_event_at: Date;
  readonly share: "its-port" | "other-ports" | "unsure" | null;
  readonly heard_until: Date | null;
  readonly superseded_at: Date | null;
  readonly superseded_by: string | null;
}

/** An address and the first and last moment (both included) of the time in question. */
export interface HoldingQuestion {
  readonly address: string;
  /** Of TCP or UDP: tells apart who shares the address. */
  readonly port?: number | undefined;
  readonly from: Date;
  readonly to: Date;
}

/**
 * How long a session that sends Interims may be silent and still be taken to be there: as long as reconciling lets it be
 * (session/stale-session-store.ts). null: one that sends none says nothing by its silence.
 */
const silenceSql = `case when ${sendsInterims} then ${silenceOf(`interval '${UNKNOWN_INTERVAL_MS} milliseconds'`)} end`;

/**
 * Holds of an address by the records alone, also those that may have begun before they say: one index probe in each
 * partition for each prefix that contains it.
 */
const holdings = `select interval.session_id, interval.subscriber_id, session.username, interval.nas_id, interval.prefix,
    interval.held_from, interval.held_until, session.last_event_at, session.shared_ports,
    session.is_owner_removed,
    session.terminate_cause in ('nas-restart', 'replaced') and interval.held_until = session.stopped_at as is_end_inferred,
    case when interval.held_until = 'infinity' then session.last_event_at + ${silenceSql} end as heard_until
  from address_interval as interval join session on session.id = interval.session_id
  where interval.prefix = any (asked.prefixes::cidr[]) and interval.held_until > asked.span_from
    and interval.held_from <= asked.span_to + interval '${UNSAID_DELAY_MS} milliseconds'`;

/**
 * The first session that the same NAS gave the same IPv4 address to while `held` kept it by the records, though nothing
 * showed it alive any more: its Stop was lost or late, and it had ended by then. It must be that session's first address,
 * since one that a running session takes up again says less. Where the old session was seen alive since, both hold it (two
 * networks behind one NAS). IPv6 prefixes may be shared, and NASes know nothing of each other: there both hold on, too; and
 * where one of them has only some ports of the address.
 */
const successor = `select next.held_from as superseded_at, next.session_id as superseded_by
  from address_interval as next
  where held.shared_ports is null and next.prefix = held.prefix and family(held.prefix) = 4 and next.nas_id = held.nas_id
    and next.held_until > held.held_from and next.held_from > held.held_from and next.held_from > held.last_event_at
    and next.held_from < held.held_until and next.session_id <> held.session_id
    and not exists (
      select from address_interval as earlier
      where earlier.session_id = next.session_id + 0 and family(earlier.prefix) = 4 and earlier.held_from < next.held_from)
    and not exists (select from session as sharer where sharer.id = next.session_id and sharer.shared_ports is not null)
  order by next.held_from limit 1`;

const share = `case when held.shared_ports is null then null
  when isempty(held.shared_ports) or asked.port is null then 'unsure'
  when held.shared_ports @> asked.port then 'its-port' else 'other-ports' end`;

const recordedHold = (row: HoldingRow): RecordedHold => ({
  sessionId: row.session_id,
  from: row.held_from.getTime(),
  until: row.held_until?.getTime(),
  isEndInferred: row.is_end_inferred,
  aliveAt: row.last_event_at.getTime(),
});

const holdingFromRow = (row: HoldingRow, possiblyFrom: number): AddressHolding => ({
  sessionId: row.session_id,
  subscriberId: row.subscriber_id ?? undefined,
  hasSubscriber: row.has_subscriber,
  username: row.username,
  nasId: row.nas_id,
  prefix: row.prefix,
  from: row.held_from,
  ...(possiblyFrom < row.held_from.getTime() ? { possiblyFrom: new Date(possiblyFrom) } : {}),
  until: row.superseded_at ?? row.held_until ?? undefined,
  ...(row.share === null ? {} : { share: row.share }),
  ...(row.heard_until === null ? {} : { heardUntil: row.heard_until }),
  ...(row.superseded_by === null ? {} : { supersededBy: row.superseded_by }),
});

/** `rows`: all that may be holders. */
function holdingsIn({ from, to }: HoldingQuestion, rows: readonly HoldingRow[]): AddressHolding[] {
  const recorded = rows.map(recordedHold);
  const holdings = rows.map((row, index) => {
    const hold = recorded[index];
    return holdingFromRow(row, hold ? possibleStart(hold, recorded) : row.held_from.getTime());
  });
  return holdings.filter(
    (one) => (one.until === undefined || one.until > from) && (one.possiblyFrom ?? one.from) <= to,
  );
}

/**
 * Which sessions held each address, or may have, at some time of its span: one list for each question, in their order, oldest first. One
 * session may appear more than once. One query for all. Throws on what is no IPv4 or IPv6 address.
 */
export async function sessionsHoldingEach(
  on: Queryable,
  questions: readonly HoldingQuestion[],
): Promise<AddressHolding[][]> {
  const rows = await on.query<HoldingRow & { readonly place: number }>(
    `select asked.place::int as place, held.session_id, held.subscriber_id, held.username, held.nas_id,
       held.prefix::text as prefix, held.held_from, held.heard_until, nullif(held.held_until, 'infinity') as held_until,
       coalesce(held.is_end_inferred, false) as is_end_inferred, held.last_event_at, ${share} as share,
       successor.superseded_at, successor.superseded_by,
       not held.is_owner_removed
         and exists (select from subscriber where subscriber.id = held.subscriber_id) as has_subscriber
     from unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::integer[]) with ordinality
       as asked (prefixes, span_from, span_to, port, place)
     cross join lateral (${holdings}) as held left join lateral (${successor}) as successor on true
     order by asked.place, held.held_from, held.session_id`,
    [
      questions.map(({ address }) => `{${enclosingPrefixes(address).join(",")}}`),
      questions.map(({ from }) => from),
      questions.map(({ to }) => to),
      questions.map(({ port }) => port),
    ],
  );
  const found = Map.groupBy(rows, ({ place }) => place);
  return questions.map((question, index) => holdingsIn(question, found.get(index + 1) ?? []));
}

/** The same for one address. */
export async function sessionsHolding(on: Queryable, address: string, from: Date, to: Date): Promise<AddressHolding[]> {
  const [found] = await sessionsHoldingEach(on, [{ address, from, to }]);
  return found ?? [];
}

/** Which of these addresses a session ever held. */
export async function addressesEverHeld(on: Queryable, addresses: readonly string[]): Promise<Set<string>> {
  const rows = await on.query<{ place: number }>(
    `select asked.place::int as place from unnest($1::text[]) with ordinality as asked (prefixes, place)
     where exists (select from address_interval where address_interval.prefix = any (asked.prefixes::cidr[]))`,
    [addresses.map((address) => `{${enclosingPrefixes(address).join(",")}}`)],
  );
  return new Set(rows.flatMap(({ place }) => addresses[place - 1] ?? []));
}
