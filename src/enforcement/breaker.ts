/** What a breaker counts automatic measures by. */
export type BreakerScope = "source" | "category" | "nas" | "base";

/** Automatic measures per source and window, where nobody set another limit. */
const DEFAULT_SOURCE_LIMIT = 50;
/** Of the base, where nobody set a limit: one in so many customers; and it only holds from so many open sessions on. */
export const BASE_SHARE = 3;
export const BASE_STARTS_AT = 100;

export interface Breaker {
  readonly id: string;
  /** undefined: the default for its scope. */
  readonly limit?: number;
  readonly windowSeconds: number;
  readonly isOpen: boolean;
  /** Measures up to this id no longer count. */
  readonly countsAfter: string;
}

/** The scope of "source:x", "category:x", "nas:x" or "base"; undefined: no such breaker can be. */
export function breakerScope(id: string): BreakerScope | undefined {
  if (id === "base") return "base";
  const match = /^(source|category|nas):./.exec(id);
  return match ? (match[1] as "source" | "category" | "nas") : undefined;
}

/** What comes after the scope: the source, category or NAS. */
export const breakerSubject = (id: string): string => id.slice(id.indexOf(":") + 1);

/** A breaker that nobody has set or tripped yet. */
export const untouchedBreaker = (id: string): Breaker => ({ id, windowSeconds: 3600, isOpen: false, countsAfter: "0" });

/**
 * How many automatic measures pass in a window; undefined: any number. `openSessions` may be a lower bound, as long as
 * it tells more than BASE_SHARE times the count.
 */
export function breakerLimit(breaker: Breaker, openSessions: number): number | undefined {
  if (breaker.limit !== undefined) return breaker.limit;
  switch (breakerScope(breaker.id)) {
    case "source":
      return DEFAULT_SOURCE_LIMIT;
    case "base":
      return openSessions < BASE_STARTS_AT ? undefined : Math.floor(openSessions / BASE_SHARE);
    default:
      return undefined;
  }
}
