import type { Queryable } from "../database/database.ts";
import type { Session } from "./session.ts";

interface SessionRow {
  readonly id: string;
  readonly nas_id: string;
  readonly acct_session_id: string;
  readonly username: string;
  readonly subscriber_id: string | null;
  readonly started_at: Date;
  readonly stopped_at: Date | null;
  readonly last_seen_at: Date;
  readonly ipv4: string | null;
  readonly ipv6: string[];
  readonly input_octets: string;
  readonly output_octets: string;
  readonly terminate_cause: string | null;
  readonly identity: Record<string, string>;
  readonly granted: Buffer | null;
}

const columns = `session.id, session.nas_id, session.acct_session_id, session.username, session.subscriber_id,
  session.started_at, session.stopped_at, session.last_seen_at, host(session.ipv4) as ipv4, session.ipv6,
  session.input_octets, session.output_octets, session.terminate_cause, session.identity, session.granted`;

const sessionFromRow = (row: SessionRow): Session => ({
  id: row.id,
  nasId: row.nas_id,
  acctSessionId: row.acct_session_id,
  username: row.username,
  ...(row.subscriber_id === null ? {} : { subscriberId: row.subscriber_id }),
  startedAt: row.started_at,
  ...(row.stopped_at === null ? {} : { stoppedAt: row.stopped_at }),
  lastSeenAt: row.last_seen_at,
  ...(row.ipv4 === null ? {} : { ipv4: row.ipv4 }),
  ipv6: row.ipv6,
  inputOctets: BigInt(row.input_octets),
  outputOctets: BigInt(row.output_octets),
  ...(row.terminate_cause === null ? {} : { terminateCause: row.terminate_cause }),
  identity: row.identity,
  ...(row.granted === null ? {} : { granted: row.granted }),
});

/** The sessions of a subscriber that are open now, oldest first. */
export async function openSessionsOf(on: Queryable, subscriberId: string): Promise<Session[]> {
  const rows = await on.query<SessionRow>(
    `select ${columns} from session where session.subscriber_id = $1 and session.stopped_at is null
     order by session.started_at, session.id`,
    [subscriberId],
  );
  return rows.map(sessionFromRow);
}

/** `id`: decimal text. */
export async function sessionById(on: Queryable, id: string): Promise<Session | undefined> {
  const rows = await on.query<SessionRow>(`select ${columns} from session where session.id = $1`, [id]);
  return rows.map(sessionFromRow)[0];
}
