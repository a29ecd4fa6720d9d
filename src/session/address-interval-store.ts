import type { Queryable } from "../database/database.ts";
import type { AddressHolding } from "./address-holding.ts";
import { enclosingPrefixes } from "./enclosing-prefixes.ts";
import { sendsInterims, silenceOf, UNKNOWN_INTERVAL_MS } from "./session-silence-store.ts";

interface HoldingRow {
  readonly session_id: string;
  readonly subscriber_id: string | null;
  readonly has_subscriber: boolean;
  readonly username: string;
  readonly nas_id: string;
  readonly prefix: string;
  readonly held_from: Date;
  readonly held_until: Date | null;
  readonly heard_until: Date | null;
  readonly superseded_at: Date | null;
  readonly superseded_by: string | null;
}

/** An address and the first and last moment (both included) of the time in question. */
export interface HoldingQuestion {
  readonly address: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * How long a session that sends Interims may be silent and still be taken to be there: as long as reconciling lets it be
 * (session/stale-session-store.ts). null: one that sends none says nothing by its silence.
 */
const silenceSql = `case when ${sendsInterims} then ${silenceOf(`interval '${UNKNOWN_INTERVAL_MS} milliseconds'`)} end`;

/** Holds of an address by the records alone: one index probe in each partition for each prefix that contains it. */
const holdings = `select interval.session_id, interval.subscriber_id, session.username, interval.nas_id, interval.prefix,
    interval.held_from, interval.held_until, session.last_event_at,
    case when interval.held_until = 'infinity' then session.last_event_at + ${silenceSql} end as heard_until
  from address_interval as interval join session on session.id = interval.session_id
  where interval.prefix = any (asked.prefixes::cidr[]) and interval.held_until > asked.span_from
    and interval.held_from <= asked.span_to`;

/**
 * The first session that the same NAS gave the same IPv4 address to while `held` kept it by the records, though nothing
 * showed it alive any more: its Stop was lost or late, and it had ended by then. It must be that session's first address,
 * since one that a running session takes up again says less. Where the old session was seen alive since, both hold it (two
 * networks behind one NAS). IPv6 prefixes may be shared, and NASes know nothing of each other: there both hold on, too.
 */
const successor = `select next.held_from as superseded_at, next.session_id as superseded_by
  from address_interval as next
  where next.prefix = held.prefix and family(held.prefix) = 4 and next.nas_id = held.nas_id
    and next.held_until > held.held_from and next.held_from > held.held_from and next.held_from > held.last_event_at
    and next.held_from < held.held_until and next.session_id <> held.session_id
    and not exists (
      select from address_interval as earlier
      where earlier.session_id = next.session_id + 0 and family(earlier.prefix) = 4 and earlier.held_from < next.held_from)
  order by next.held_from limit 1`;

const holdingFromRow = (row: HoldingRow): AddressHolding => ({
  sessionId: row.session_id,
  subscriberId: row.subscriber_id ?? undefined,
  hasSubscriber: row.has_subscriber,
  username: row.username,
  nasId: row.nas_id,
  prefix: row.prefix,
  from: row.held_from,
  until: row.superseded_at ?? row.held_until ?? undefined,
  ...(row.heard_until === null ? {} : { heardUntil: row.heard_until }),
  ...(row.superseded_by === null ? {} : { supersededBy: row.superseded_by }),
});

/**
 * Which sessions held each address at some time of its span: one list for each question, in their order, oldest first. One
 * session may appear more than once. One query for all. Throws on what is no IPv4 or IPv6 address.
 */
export async function sessionsHoldingEach(
  on: Queryable,
  questions: readonly HoldingQuestion[],
): Promise<AddressHolding[][]> {
  const rows = await on.query<HoldingRow & { readonly place: number }>(
    `select asked.place::int as place, held.session_id, held.subscriber_id, held.username, held.nas_id,
       held.prefix::text as prefix, held.held_from, held.heard_until, nullif(held.held_until, 'infinity') as held_until,
       successor.superseded_at, successor.superseded_by,
       exists (select from subscriber where subscriber.id = held.subscriber_id) as has_subscriber
     from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) with ordinality
       as asked (prefixes, span_from, span_to, place)
     cross join lateral (${holdings}) as held left join lateral (${successor}) as successor on true
     order by asked.place, held.held_from, held.session_id`,
    [
      questions.map(({ address }) => `{${enclosingPrefixes(address).join(",")}}`),
      questions.map(({ from }) => from),
      questions.map(({ to }) => to),
    ],
  );
  const found: AddressHolding[][] = questions.map(() => []);
  for (const row of rows) {
    const question = questions[row.place - 1];
    const holding = holdingFromRow(row);
    if (question && (!holding.until || holding.until > question.from)) found[row.place - 1]?.push(holding);
  }
  return found;
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
