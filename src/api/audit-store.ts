import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";

/** One change: who did what to what. `detail` says how, and never holds a secret. */
export interface AuditEntry {
  /** "key:<id>", "command-line". */
  readonly actor: string;
  readonly actorName?: string;
  /** "<thing>.<verb>": "nas.put". */
  readonly action: string;
  /** "<kind>:<id>". */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface AuditRecord {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly actorName: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Written in the same transaction as the change, wherever the change has one. */
export async function recordAudit(on: Queryable, entry: AuditEntry): Promise<void> {
  await on.query("insert into audit (actor, actor_name, action, subject, detail) values ($1, $2, $3, $4, $5)", [
    entry.actor,
    entry.actorName ?? null,
    entry.action,
    entry.subject,
    JSON.stringify(entry.detail ?? {}),
  ]);
}

export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly from?: Date;
  readonly to?: Date;
}

const columns =
  'audit.id, audit.at, audit.actor, audit.actor_name as "actorName", audit.action, audit.subject, audit.detail';

/** Newest first. */
export async function listAudit(on: Queryable, filter: AuditFilter, page: PageRequest): Promise<Page<AuditRecord>> {
  const [before] = page.cursor === undefined ? [null] : readCursor(page.cursor, ["id"]);
  const rows = await on.query<AuditRecord>(
    `select ${columns} from audit
     where ($1::bigint is null or audit.id < $1) and ($2::text is null or audit.actor = $2)
       and ($3::text is null or audit.action = $3) and ($4::text is null or audit.subject = $4)
       and ($5::timestamptz is null or audit.at >= $5) and ($6::timestamptz is null or audit.at < $6)
     order by audit.id desc limit $7`,
    [
      before,
      filter.actor ?? null,
      filter.action ?? null,
      filter.subject ?? null,
      filter.from ?? null,
      filter.to ?? null,
      page.limit + 1,
    ],
  );
  const items = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? items.at(-1) : undefined;
  return { items, next: last ? writeCursor([last.id]) : null };
}
