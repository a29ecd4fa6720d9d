import type { Queryable } from "../database/database.ts";
import { type KeyRing, KeyRingError } from "../secrets/key-ring.ts";
import { secretPlace } from "./nas-store.ts";

/** Seals with the newest key what an older one sealed: so that the older one can be taken away. Returns how many. */
export async function resealNasSecrets(
  on: Queryable,
  keyRing: KeyRing,
): Promise<{ sealed: number; unreadable: number }> {
  const rows = await on.query<{ id: string; secret_sealed: Buffer }>(
    "select nas.id, nas.secret_sealed from nas order by nas.id",
  );
  let sealed = 0;
  let unreadable = 0;
  for (const { id, secret_sealed: current } of rows) {
    try {
      const anew = keyRing.reseal(secretPlace(id), current);
      if (anew && (await replaceSecret(on, { id, current, anew }))) sealed += 1;
    } catch (error) {
      if (!(error instanceof KeyRingError)) throw error;
      unreadable += 1;
    }
  }
  return { sealed, unreadable };
}

/** False: somebody changed it meanwhile, and sealed it with the newest key thereby. */
async function replaceSecret(
  on: Queryable,
  { id, current, anew }: { readonly id: string; readonly current: Buffer; readonly anew: Buffer },
): Promise<boolean> {
  const rows = await on.query(
    "update nas set secret_sealed = $3 where nas.id = $1 and nas.secret_sealed = $2 returning nas.id",
    [id, current, anew],
  );
  return rows.length > 0;
}
