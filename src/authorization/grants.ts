import type { Queryable } from "../database/database.ts";
import type { Grant } from "../session/grant-store.ts";
import { Batch } from "./batch.ts";

/** Saves all of them in one statement; their ids in the same order. */
export type SaveGrants = (queryable: Queryable, grants: readonly Grant[]) => Promise<readonly string[]>;

/** Grants are kept before their Accept leaves, so that lifting a measure can restore what the Accept gave. */
export interface Grants {
  /** The grant's id, for the Class attribute. Rejects with BatchError. */
  save(grant: Grant): Promise<string>;
  stop(): void;
}

export function createGrants(options: {
  readonly queryable: Queryable;
  readonly saveGrants: SaveGrants;
  readonly maxWaitMs: number;
}): Grants {
  const batch = new Batch<Grant, string>({
    run: (grants) => options.saveGrants(options.queryable, grants),
    maxBatch: 500,
    maxQueue: 20_000,
    maxWaitMs: options.maxWaitMs,
    maxUnderWay: 2,
  });
  return { save: (grant) => batch.ask(grant), stop: () => batch.stop() };
}
