/**
 * Which identifiers of one source port are free. RFC 5176 section 6.3: within a NAS's replay window (300 s by default)
 * an identifier may not be used again from the same port, so that a port is good for 256 requests a window.
 */
export interface IdentifierPool {
  /** Takes the identifier that has rested longest; undefined while all are in use or resting. */
  take(nowMs: number): number | undefined;
  /** Marks an identifier as used now: by a request that was sent before a crash, say. */
  occupy(identifier: number, nowMs: number): void;
  /** The request is over; its identifier rests until the window has passed. `unsent`: it may be taken again at once. */
  release(identifier: number, options: { readonly unsent: boolean }): void;
  free(nowMs: number): number;
  /** Nothing in use and nothing resting: the port may be closed. */
  isIdle(nowMs: number): boolean;
}

const IDENTIFIERS = 256;
const NEVER = Number.NEGATIVE_INFINITY;

export function createIdentifierPool(windowMs: number): IdentifierPool {
  const usedAt = new Array<number>(IDENTIFIERS).fill(NEVER);
  const inUse = new Set<number>();
  let next = 0;
  const isFree = (identifier: number, nowMs: number) =>
    !inUse.has(identifier) && (usedAt[identifier] as number) + windowMs <= nowMs;
  const count = (nowMs: number) => usedAt.reduce((sum, _, identifier) => sum + (isFree(identifier, nowMs) ? 1 : 0), 0);
  const occupy = (identifier: number, nowMs: number) => {
    usedAt[identifier] = nowMs;
    inUse.add(identifier);
  };
  return {
    occupy,
    take: (nowMs) => {
      // Taken in turn, so the next one is the one that has rested longest.
      for (let step = 0; step < IDENTIFIERS; step += 1) {
        const identifier = (next + step) % IDENTIFIERS;
        if (!isFree(identifier, nowMs)) continue;
        next = (identifier + 1) % IDENTIFIERS;
        occupy(identifier, nowMs);
        return identifier;
      }
      return undefined;
    },
    release: (identifier, { unsent }) => {
      inUse.delete(identifier);
      if (unsent) usedAt[identifier] = NEVER;
    },
    free: count,
    isIdle: (nowMs) => inUse.size === 0 && count(nowMs) === IDENTIFIERS,
  };
}
