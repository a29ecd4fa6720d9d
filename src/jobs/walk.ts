import type { Queryable } from "../database/database.ts";
import { rememberWalk, walkedTo } from "./walk-store.ts";

export interface Walk {
  readonly name: string;
  readonly portion: number;
  /** Rows looked at in one go, at most: a network of millions is walked through in several runs. */
  readonly most: number;
  readonly signal: AbortSignal;
}

export interface PortionDone {
  readonly found: number;
  /** The last id looked at; undefined: there are no more. */
  readonly last: string | undefined;
}

/**
 * Looks at rows by their id, a portion at a time, from where the run before ended up to the last one. Returns how much was
 * found. So the work of a run stays the same however many rows there are.
 */
export async function walk(
  on: Queryable,
  { name, portion, most, signal }: Walk,
  look: (rows: { readonly after: string; readonly limit: number }) => Promise<PortionDone>,
): Promise<number> {
  let after: string | undefined = await walkedTo(on, name);
  let found = 0;
  for (let looked = 0; looked < most && after !== undefined && !signal.aborted; looked += portion) {
    const done: PortionDone = await look({ after, limit: portion });
    found += done.found;
    after = done.last;
  }
  await rememberWalk(on, name, after ?? "0");
  return found;
}
