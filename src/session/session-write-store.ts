import type { Queryable, Transaction } from "../database/database.ts";
import { type AddressRuns, keptRuns, newestAddresses } from "./address-runs.ts";
import type { LinkedGrant } from "./grant-store.ts";
import type { SessionState } from "./session-state.ts";

/** A session to be inserted. */
export interface NewSession {
  readonly id: string;
  readonly state: SessionState;
  readonly subscriberId: string | undefined;
  /** By whose name it is somebody's. */
  readonly username: string;
  readonly grant: LinkedGrant | undefined;
}

const time = (ms: number): string => new Date(ms).toISOString();
const timeOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : time(ms));

function runsJson({ ipv4, ipv6, delegated, ipv6Addresses }: SessionState): string {
  const kept = (runs: AddressRuns) => (runs.runs.length === 0 ? undefined : keptRuns(runs));
  return JSON.stringify({
    ipv4: kept(ipv4),
    ipv6: kept(ipv6),
    delegated: kept(delegated),
    ipv6Addresses: kept(ipv6Addresses),
  });
}

/** All together, as users see them. */
const newestIpv6 = ({ ipv6, delegated, ipv6Addresses }: SessionState): string[] =>
  [...new Set([ipv6, delegated, ipv6Addresses].flatMap(newestAddresses))].sort();

const observedJson = (state: SessionState): string | null =>
  Object.keys(state.observed).length === 0 ? null : JSON.stringify(state.observed);

/** The columns that every record may change, as arrays for unnest: $1 to $19. */
const stateArrays = (states: readonly SessionState[]): unknown[] => [
  states.map((state) => time(state.startedAt)),
  states.map((state) => state.isStartKnown),
  states.map((state) => time(state.aliveAt)),
  states.map((state) => time(state.lastSeenAt)),
  states.map((state) => timeOrNull(state.stoppedAt)),
  states.map((state) => state.terminateCause ?? null),
  states.map((state) => state.username),
  states.map((state) => newestAddresses(state.ipv4)[0] ?? null),
  states.map((state) => newestIpv6(state).join(",")),
  states.map(runsJson),
  states.map((state) => state.inputOctets.toString()),
  states.map((state) => state.outputOctets.toString()),
  states.map((state) => state.interimSeconds ?? null),
  states.map((state) => JSON.stringify(state.identity)),
  states.map(observedJson),
  states.map((state) => state.shownDigest ?? null),
  states.map((state) => state.nasClock?.start ?? null),
  states.map((state) => state.nasClock?.newest ?? null),
  states.map((state) => state.sharedPorts ?? null),
];

const stateTypes = `$1::timestamptz[], $2::boolean[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[],
  $7::text[], $8::inet[], $9::text[], $10::jsonb[], $11::bigint[], $12::bigint[], $13::integer[], $14::jsonb[], $15::jsonb[], $16::bigint[],
  $17::bigint[], $18::bigint[], $19::int4multirange[]`;

const stateColumns = `started_at, is_start_known, last_event_at, last_seen_at, stopped_at, terminate_cause,
  username, ipv4, ipv6, address_runs, input_octets, output_octets, interim_seconds, identity, observed, shown_digest,
  nas_clock_start, nas_clock_newest, shared_ports`;

/** Ids for sessions to be inserted. */
export async function nextSessionIds(on: Queryable, count: number): Promise<string[]> {
  if (count === 0) return [];
  const rows = await on.query<{ id: string }>(
    "select nextval(pg_get_serial_sequence('session', 'id')) as id from generate_series(1, $1::integer)",
    [count],
  );
  return rows.map(({ id }) => id);
}

/** Inserts sessions. Fails with a unique violation where another node was quicker. */
export async function insertSessions(trx: Transaction, sessions: readonly NewSession[]): Promise<void> {
  if (sessions.length === 0) return;
  await trx.query(
    `insert into session (${stateColumns}, id, nas_id, acct_session_id, incarnation, subscriber_id, shown_username, grant_id, granted,
       applied, applied_digest, expected, imposed) overriding system value
     select started_at, is_start_known, last_event_at, last_seen_at, stopped_at, terminate_cause, own_username, ipv4,
       string_to_array(ipv6, ','), address_runs, input_octets, output_octets, interim_seconds, identity, observed,
       shown_digest, nas_clock_start, nas_clock_newest, shared_ports, id, nas_id, acct_session_id, incarnation, subscriber_id,
       case when username <> own_username then username end, grant_id, granted, applied, applied_digest, expected, imposed
     from unnest(${stateTypes}, $20::bigint[], $21::text[], $22::text[], $23::integer[], $24::text[], $25::text[],
       $26::bigint[], $27::bytea[], $28::jsonb[], $29::text[], $30::jsonb[], $31::jsonb[]) as opened (${stateColumns}, id, nas_id,
       acct_session_id, incarnation, subscriber_id, own_username, grant_id, granted, applied, applied_digest, expected, imposed)`,
    [
      ...stateArrays(sessions.map(({ state }) => state)),
      sessions.map(({ id }) => id),
      sessions.map(({ state }) => state.nasId),
      sessions.map(({ state }) => state.acctSessionId),
      sessions.map(({ state }) => state.incarnation),
      sessions.map(({ subscriberId }) => subscriberId ?? null),
      sessions.map(({ username }) => username),
      sessions.map(({ grant }) => grant?.grantId ?? null),
      sessions.map(({ grant }) => grant?.attributes ?? null),
      sessions.map(({ grant }) => (grant?.profile ? JSON.stringify(grant.profile) : null)),
      sessions.map(({ grant }) => grant?.profileDigest ?? null),
      sessions.map(({ grant }) => (grant?.expected ? JSON.stringify(grant.expected) : null)),
      sessions.map(({ grant }) => (grant?.imposed ? JSON.stringify(grant.imposed) : null)),
    ],
  );
}

/** Writes all that records may change of sessions that are stored and locked. */
export async function rewriteSessions(trx: Transaction, states: readonly SessionState[]): Promise<void> {
  if (states.length === 0) return;
  await trx.query(
    `update session set (${stateColumns}) = (changed.started_at, changed.is_start_known, changed.last_event_at,
       changed.last_seen_at, changed.stopped_at, changed.terminate_cause,
       case when session.shown_username is null then changed.username else session.username end, changed.ipv4,
       string_to_array(changed.ipv6, ','), changed.address_runs, changed.input_octets, changed.output_octets,
       changed.interim_seconds, changed.identity, changed.observed, changed.shown_digest,
       changed.nas_clock_start, changed.nas_clock_newest, changed.shared_ports),
       shown_username = case when session.shown_username is not null then changed.username end
     from unnest(${stateTypes}, $20::bigint[]) as changed (${stateColumns}, id)
     where session.id = changed.id`,
    [...stateArrays(states), states.map(({ id }) => id)],
  );
}

const takesName = "session.subscriber_id is null and linked.username <> ''";

/**
 * The NAS took a new Access-Accept for a running session: what that gave is what it runs now. One that was nobody's is his
 * whose name the Access-Accept is made out to.
 */
export async function relinkSessions(
  trx: Transaction,
  links: readonly { readonly sessionId: string; readonly grant: LinkedGrant }[],
): Promise<void> {
  if (links.length === 0) return;
  await trx.query(
    `update session set grant_id = linked.grant_id, granted = linked.granted, applied = linked.applied,
       applied_digest = linked.applied_digest, expected = linked.expected, imposed = linked.imposed,
       imposed_before = null, obstacle = null,
       username = case when ${takesName} then linked.username else session.username end,
       shown_username = case when ${takesName}
         then nullif(coalesce(session.shown_username, session.username), linked.username) else session.shown_username end
     from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::jsonb[], $5::text[], $6::jsonb[], $7::jsonb[],
       $8::text[]) as linked (id, grant_id, granted, applied, applied_digest, expected, imposed, username)
     where session.id = linked.id`,
    [
      links.map(({ sessionId }) => sessionId),
      links.map(({ grant }) => grant.grantId),
      links.map(({ grant }) => grant.attributes),
      links.map(({ grant }) => (grant.profile ? JSON.stringify(grant.profile) : null)),
      links.map(({ grant }) => grant.profileDigest),
      links.map(({ grant }) => (grant.expected ? JSON.stringify(grant.expected) : null)),
      links.map(({ grant }) => (grant.imposed ? JSON.stringify(grant.imposed) : null)),
      links.map(({ grant }) => grant.username),
    ],
  );
}
