import type { Queryable } from "../database/database.ts";
import { type KeyRing, KeyRingError } from "../secrets/key-ring.ts";
import { credentialPlaces } from "./credential-places.ts";

interface SealedRow {
  readonly subscriber_id: string;
  readonly password_sealed: Buffer;
  readonly previous_sealed: Buffer | null;
  readonly withdrawn_sealed: readonly Buffer[];
}

export interface ResealedPortion {
  readonly sealed: number;
  /** Passwords of this many subscribers are sealed with keys that are not in the ring. */
  readonly unreadable: number;
  /** Where the next portion begins; undefined: this was the last. */
  readonly next: string | undefined;
}

/** Seals with the newest key what older ones sealed, of `limit` subscribers by id after `after`. */
export async function resealCredentials(
  on: Queryable,
  keyRing: KeyRing,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<ResealedPortion> {
  const rows = await on.query<SealedRow>(
    `select credential.subscriber_id, credential.password_sealed, credential.previous_sealed, credential.withdrawn_sealed
     from credential where credential.subscriber_id > $1 order by credential.subscriber_id limit $2`,
    [after, limit],
  );
  let sealed = 0;
  let unreadable = 0;
  for (const row of rows) {
    const anew = resealed(keyRing, row);
    if (anew === "unreadable") unreadable += 1;
    else if (anew && (await replaceRow(on, row, anew))) sealed += 1;
  }
  return { sealed, unreadable, next: rows.length < limit ? undefined : rows.at(-1)?.subscriber_id };
}

/** undefined: nothing is to be done. */
function resealed(keyRing: KeyRing, row: SealedRow): SealedRow | "unreadable" | undefined {
  const id = row.subscriber_id;
  try {
    const current = keyRing.reseal(credentialPlaces.current(id), row.password_sealed);
    const previous = row.previous_sealed && keyRing.reseal(credentialPlaces.previous(id), row.previous_sealed);
    const withdrawn = row.withdrawn_sealed.map((one) => keyRing.reseal(credentialPlaces.withdrawn(id), one) ?? one);
    const isChanged = current || previous || withdrawn.some((one, index) => one !== row.withdrawn_sealed[index]);
    if (!isChanged) return undefined;
    return {
      subscriber_id: id,
      password_sealed: current ?? row.password_sealed,
      previous_sealed: previous ?? row.previous_sealed,
      withdrawn_sealed: withdrawn,
    };
  } catch (error) {
    if (error instanceof KeyRingError) return "unreadable";
    throw error;
  }
}

/** False: a password was changed meanwhile; what was left of the older key is found by the next run. */
async function replaceRow(on: Queryable, before: SealedRow, after: SealedRow): Promise<boolean> {
  const rows = await on.query(
    `update credential set password_sealed = $5, previous_sealed = $6, withdrawn_sealed = $7::bytea[]
     where credential.subscriber_id = $1 and credential.password_sealed = $2
       and credential.previous_sealed is not distinct from $3 and credential.withdrawn_sealed = $4::bytea[]
     returning 1`,
    [
      before.subscriber_id,
      before.password_sealed,
      before.previous_sealed,
      before.withdrawn_sealed,
      after.password_sealed,
      after.previous_sealed,
      after.withdrawn_sealed,
    ],
  );
  return rows.length > 0;
}
