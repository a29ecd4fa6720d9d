import { hash } from "node:crypto";
import type { Transaction } from "../database/database.ts";

/** Of all locks of this kind: an import of a thousand names must not fill PostgreSQL's table of locks. */
const LOCKS = 256;

const lockOf = (spelling: string): number => Number.parseInt(hash("sha256", spelling).slice(0, 8), 16) % LOCKS;

/**
 * Whoever gives usernames of these spellings to subscribers is alone in it until commit: two who give two spellings of a name
 * that nobody has would not see each other.
 */
export async function lockSpellings(trx: Transaction, spellings: readonly string[]): Promise<void> {
  const locks = [...new Set(spellings.map(lockOf))].sort((a, b) => a - b);
  if (locks.length === 0) return;
  await trx.query(
    "select pg_advisory_xact_lock(hashtext('weir username spelling'), place) from unnest($1::integer[]) as place",
    [locks],
  );
}
