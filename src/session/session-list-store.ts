import type { Knex } from "knex";
import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Database } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import { octetsText } from "../radius/octets-text.ts";
import { enclosingPrefixes } from "./enclosing-prefixes.ts";
import { profileStanding, type SessionView, type Shown } from "./session-view.ts";

/** Every given field must match. */
export interface SessionFilter {
  readonly state?: "open" | "closed";
  readonly subscriber?: string;
  readonly username?: string;
  readonly nas?: string;
  /** An IPv4 or IPv6 address that the session holds, or ever held where `state` is not "open". */
  readonly ip?: string;
  /** Decimal text. */
  readonly id?: string;
}

interface ViewRow {
  readonly id: string;
  readonly nas_id: string;
  readonly acct_session_id: string;
  readonly username: string;
  readonly subscriber_id: string | null;
  readonly ipv4: string | null;
  readonly ipv6: string[];
  readonly started_at: Date;
  readonly stopped_at: Date | null;
  readonly last_seen_at: Date;
  readonly input_octets: string;
  readonly output_octets: string;
  readonly terminate_cause: string | null;
  readonly desired: object | null;
  readonly desired_digest: string | null;
  readonly applied: object | null;
  readonly applied_digest: string | null;
  readonly expected: Shown | null;
  readonly observed: Shown | null;
}

const columns = [
  ...["id", "nas_id", "acct_session_id", "username", "subscriber_id", "ipv6", "started_at", "stopped_at"],
  ...["last_seen_at", "input_octets", "output_octets", "terminate_cause", "applied", "applied_digest", "expected"],
  "observed",
].map((column) => `session.${column}`);

function viewFromRow(row: ViewRow): SessionView {
  const isOpen = row.stopped_at === null;
  const standing = { isOpen, desiredDigest: row.desired_digest, appliedDigest: row.applied_digest, ...row };
  return {
    id: row.id,
    nas: row.nas_id,
    acctSessionId: row.acct_session_id,
    username: row.username,
    subscriber: row.subscriber_id,
    ipv4: row.ipv4,
    ipv6: row.ipv6,
    startedAt: row.started_at.toISOString(),
    stoppedAt: row.stopped_at?.toISOString() ?? null,
    lastSeenAt: row.last_seen_at.toISOString(),
    inputOctets: Number(row.input_octets),
    outputOctets: Number(row.output_octets),
    terminateCause: row.terminate_cause,
    profile: {
      desired: isOpen ? row.desired : row.applied,
      applied: row.applied,
      observed: row.observed,
      state: profileStanding(standing),
    },
  };
}

/** Sessions with an interval on `ip`: by the same index probes as attribution. */
function holdersOf(build: Knex, ip: string, isOpen: boolean): Knex.QueryBuilder {
  const intervals = build("address_interval as interval").select("interval.session_id");
  const held = intervals.whereRaw("interval.prefix = any (?::cidr[])", [enclosingPrefixes(ip)]);
  return isOpen ? held.whereRaw("interval.held_until = 'infinity'") : held;
}

function filtered(build: Knex, filter: SessionFilter): Knex.QueryBuilder {
  const sessions = build("session")
    .leftJoin("subscriber", "subscriber.id", "session.subscriber_id")
    .select(columns)
    .select({ desired: "subscriber.profile", desired_digest: "subscriber.profile_digest" })
    .select(build.raw("host(session.ipv4) as ipv4"));
  if (filter.state === "open") sessions.whereNull("session.stopped_at");
  if (filter.state === "closed") sessions.whereNotNull("session.stopped_at");
  if (filter.subscriber !== undefined) sessions.where("session.subscriber_id", filter.subscriber);
  // Written like hex it may be those octets, or these letters, which are kept as their own octets in hex.
  if (filter.username !== undefined)
    sessions.whereIn("session.username", [filter.username, octetsText(Buffer.from(filter.username))]);
  if (filter.nas !== undefined) {
    // As the index session_open_nas has it.
    if (filter.state === "open") sessions.whereRaw("session.nas_id || '' = ?", [filter.nas]);
    else sessions.where("session.nas_id", filter.nas);
  }
  if (filter.id !== undefined) sessions.where("session.id", filter.id);
  if (filter.ip !== undefined) sessions.whereIn("session.id", holdersOf(build, filter.ip, filter.state === "open"));
  return sessions;
}

/** Sessions as the API shows them, newest first. Throws CursorError; `ip` must be an address and `id` digits: check before. */
export async function listSessions(
  database: Pick<Database, "build" | "run">,
  filter: SessionFilter,
  page: PageRequest,
): Promise<Page<SessionView>> {
  const query = filtered(database.build, filter)
    .orderBy("session.id", "desc")
    .limit(page.limit + 1);
  if (page.cursor !== undefined) query.where("session.id", "<", readCursor(page.cursor, ["id"])[0] ?? "");
  const rows = await database.run<ViewRow>(query);
  const items = rows.slice(0, page.limit).map(viewFromRow);
  const last = items.at(-1);
  return { items, next: rows.length > page.limit && last ? writeCursor([last.id]) : null };
}
