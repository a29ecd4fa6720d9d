import type { Transaction } from "../database/database.ts";
import { noRuns } from "./address-runs.ts";
import { newestFirst } from "./newest-first.ts";
import type { SessionState } from "./session-state.ts";
import type { StoredSession } from "./stored-session.ts";

/** By what a NAS names a session. */
export interface SessionKey {
  readonly nasId: string;
  readonly acctSessionId: string;
}

/** How many uses of one Acct-Session-Id back a late record is still put in its place. */
const KEPT_INCARNATIONS = 8;

interface LockedRow {
  readonly id: string;
  readonly nas_id: string;
  readonly acct_session_id: string;
  readonly incarnation: number;
  readonly started_at: number;
  readonly is_start_known: boolean;
  readonly last_event_at: number;
  readonly last_seen_at: number;
  readonly stopped_at: number | null;
  readonly terminate_cause: string | null;
  readonly username: string;
  readonly shown_username: string | null;
  readonly subscriber_id: string | null;
  readonly address_runs: Partial<Pick<SessionState, "ipv4" | "ipv6" | "delegated" | "ipv6Addresses">>;
  readonly shared_ports: string | null;
  readonly input_octets: string;
  readonly output_octets: string;
  readonly interim_seconds: number | null;
  readonly identity: Record<string, string>;
  readonly observed: Record<string, string[]> | null;
  readonly shown_digest: string | null;
  readonly nas_clock_start: string | null;
  readonly nas_clock_newest: string | null;
  readonly grant_id: string | null;
  readonly applied_digest: string | null;
}

/** Times as numbers: a Date for each would cost more than all the rest of reading a row. */
const ms = (column: string) => `date_part('epoch', session.${column}) * 1000 as ${column}`;

const columns = `session.id, session.nas_id, session.acct_session_id, session.incarnation, ${ms("started_at")},
  session.is_start_known, ${ms("last_event_at")}, ${ms("last_seen_at")}, ${ms("stopped_at")}, session.terminate_cause,
  session.username, session.shown_username, session.subscriber_id, session.address_runs, session.input_octets, session.output_octets,
  session.interim_seconds, session.identity, session.observed, session.shown_digest, session.shared_ports::text,
  session.nas_clock_start, session.nas_clock_newest, session.grant_id, session.applied_digest`;

const stateFromRow = (row: LockedRow): SessionState => ({
  id: row.id,
  nasId: row.nas_id,
  acctSessionId: row.acct_session_id,
  incarnation: row.incarnation,
  startedAt: Math.round(row.started_at),
  isStartKnown: row.is_start_known,
  aliveAt: Math.round(row.last_event_at),
  lastSeenAt: Math.round(row.last_seen_at),
  stoppedAt: row.stopped_at === null ? undefined : Math.round(row.stopped_at),
  terminateCause: row.terminate_cause ?? undefined,
  username: row.shown_username ?? row.username,
  ipv4: row.address_runs.ipv4 ?? noRuns,
  ipv6: row.address_runs.ipv6 ?? noRuns,
  delegated: row.address_runs.delegated ?? noRuns,
  ipv6Addresses: row.address_runs.ipv6Addresses ?? noRuns,
  sharedPorts: row.shared_ports ?? undefined,
  inputOctets: BigInt(row.input_octets),
  outputOctets: BigInt(row.output_octets),
  interimSeconds: row.interim_seconds ?? undefined,
  identity: row.identity,
  observed: row.observed ?? {},
  shownDigest: row.shown_digest ?? undefined,
  nasClock:
    row.nas_clock_start === null || row.nas_clock_newest === null
      ? undefined
      : { start: Number(row.nas_clock_start), newest: Number(row.nas_clock_newest) },
});

const storedSession = (row: LockedRow, state: SessionState): StoredSession => ({
  state,
  subscriberId: row.subscriber_id ?? undefined,
  grantId: row.grant_id ?? undefined,
  grantedUsername: row.shown_username === null ? undefined : row.username,
  appliedDigest: row.applied_digest,
});

/**
 * Locks and reads what is stored under each key, newest use of the id first. Keys must be sorted, each once: rows are then
 * locked in one order by everybody, so that nodes wait for each other and never in a circle.
 */
export async function lockSessions(trx: Transaction, keys: readonly SessionKey[]): Promise<StoredSession[]> {
  const rows = await trx.query<LockedRow>(
    `select stored.* from unnest($1::text[], $2::text[]) as wanted (nas_id, acct_session_id)
     cross join lateral (
       select ${columns} from session
       where session.nas_id = wanted.nas_id and session.acct_session_id = wanted.acct_session_id
       order by session.incarnation desc limit ${KEPT_INCARNATIONS} for update) as stored`,
    [keys.map(({ nasId }) => nasId), keys.map(({ acctSessionId }) => acctSessionId)],
  );
  const stored = new Map(
    rows.map((row) => {
      const state = stateFromRow(row);
      return [state, storedSession(row, state)] as const;
    }),
  );
  return newestFirst([...stored.keys()]).flatMap((state) => stored.get(state) ?? []);
}
