import { readCursor, writeCursor } from "../database/cursor.ts";
import type { Queryable } from "../database/database.ts";
import type { Page, PageRequest } from "../database/page.ts";
import type { Role } from "./rights.ts";

/** An API key as stored: what it opens, never the key itself. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string | null;
  readonly role: Role;
  readonly source: string | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export interface NewKey {
  readonly id: string;
  readonly name: string | null;
  readonly role: Role;
  readonly source: string | null;
  readonly sha256: Buffer;
  readonly createdBy: string;
}

const columns = `api_key.id, api_key.name, api_key.role, api_key.source_id as source,
  api_key.created_at as "createdAt", api_key.revoked_at as "revokedAt"`;

/** The key with this digest, unless it was revoked. Asked anew for each request, so a revocation holds at once. */
export async function validKeyBySha256(
  on: Queryable,
  sha256: Buffer,
): Promise<(KeyRecord & { readonly sha256: Buffer }) | undefined> {
  const [row] = await on.query<KeyRecord & { sha256: Buffer }>(
    `select ${columns}, api_key.sha256 from api_key where api_key.sha256 = $1 and api_key.revoked_at is null`,
    [sha256],
  );
  return row;
}

export async function insertKey(on: Queryable, key: NewKey): Promise<KeyRecord> {
  const [row] = await on.query<KeyRecord>(
    `insert into api_key (id, name, role, source_id, sha256, created_by) values ($1, $2, $3, $4, $5, $6) returning ${columns}`,
    [key.id, key.name, key.role, key.source, key.sha256, key.createdBy],
  );
  if (!row) throw new Error("the key was not stored");
  return row;
}

/** Whether a source of this id exists: an ingest key is bound to one. */
export async function sourceExists(on: Queryable, id: string): Promise<boolean> {
  return (await on.query("select 1 from source where source.id = $1", [id])).length > 0;
}

export async function keyById(on: Queryable, id: string): Promise<KeyRecord | undefined> {
  const [row] = await on.query<KeyRecord>(`select ${columns} from api_key where api_key.id = $1`, [id]);
  return row;
}

/** Newest first, revoked ones too. */
export async function listKeys(on: Queryable, page: PageRequest): Promise<Page<KeyRecord>> {
  const [at, id] = page.cursor === undefined ? [null, null] : readCursor(page.cursor, ["time", "uuid"]);
  const rows = await on.query<KeyRecord>(
    `select ${columns} from api_key
     where $1::timestamptz is null or (date_trunc('milliseconds', api_key.created_at), api_key.id) < ($1, $2::uuid)
     order by date_trunc('milliseconds', api_key.created_at) desc, api_key.id desc limit $3`,
    // As a Date: PostgreSQL refuses 30 February, which nobody was given as a cursor.
    [at === null ? null : new Date(at ?? 0), id, page.limit + 1],
  );
  const items = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? items.at(-1) : undefined;
  return { items, next: last ? writeCursor([last.createdAt.toISOString(), last.id]) : null };
}

/** Revokes once; a second time changes nothing. Returns the key as it is then. */
export async function revokeKey(
  on: Queryable,
  { id, by, at }: { readonly id: string; readonly by: string; readonly at: Date },
): Promise<KeyRecord | undefined> {
  const [row] = await on.query<KeyRecord>(
    `update api_key set revoked_at = coalesce(api_key.revoked_at, $2), revoked_by = coalesce(api_key.revoked_by, $3)
     where api_key.id = $1 returning ${columns}`,
    [id, at, by],
  );
  return row;
}
