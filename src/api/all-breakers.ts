import type { Queryable } from "../database/database.ts";
import { breakerLimit, untouchedBreaker } from "../enforcement/breaker.ts";
import { type BreakerView, listBreakers } from "../enforcement/breaker-view-store.ts";
import { listSources } from "../intake/source-store.ts";

const PAGE = 1000;

async function sourceIds(on: Queryable): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await listSources(on, { limit: PAGE, ...(cursor === null ? {} : { cursor }) });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  return ids;
}

/** A source's breaker as it is before anything was counted for it: the default holds all the same. */
function untouched(id: string): BreakerView {
  const { windowSeconds } = untouchedBreaker(id);
  const limit = breakerLimit(untouchedBreaker(id), 0) ?? null;
  return { id, scope: "source", limit, windowSeconds, count: 0, state: "closed", held: [] };
}

/** Every breaker that something passes: those that were touched, and that of each other source. */
export async function allBreakers(on: Queryable, now: Date): Promise<BreakerView[]> {
  const touched = await listBreakers(on, now);
  const known = new Set(touched.map(({ id }) => id));
  const others = (await sourceIds(on)).map((id) => `source:${id}`).filter((id) => !known.has(id));
  return [...touched, ...others.map(untouched)];
}
