/**
 * Which identifiers of one source port are free. RFC 5176 section 6.3: within a NAS's replay window (300 s by default)
 * an identifier may not be used again from the same port, so that a port is good for 256 requests a window.
 */
export interface IdentifierPool {
  /** Takes the identifier that has rested longest; undefined while all are in use or resting. */
  take(nowMs: number): number | undefined;
  /** Takes this one, rested or not, for the very request that had it before; false where another request has it. */
  retake(identifier: number): boolean;
  /** The request is over. The window begins now: its last retransmission may have reached the NAS only just. */
  rest(identifier: number, nowMs: number): void;
  /** It was never sent, and may be taken again at once. */
  giveBack(identifier: number): void;
  free(nowMs: number): number;
  /** Nothing in use and nothing resting: the port may be closed. */
  isIdle(nowMs: number): boolean;
}

export const IDENTIFIERS_PER_PORT = 256;

/** `allRestFromMs`: nobody knows which were used of late, so all of them rest from that time on. */
export function createIdentifierPool(windowMs: number, allRestFromMs?: number): IdentifierPool {
  const all = Array.from({ length: IDENTIFIERS_PER_PORT }, (_, identifier) => identifier);
  const fresh = new Set(allRestFromMs === undefined ? all : []);
  /** Identifier → when its window is over; the one that has rested longest first. */
  const resting = new Map<number, number>();
  if (allRestFromMs !== undefined) for (const identifier of all) resting.set(identifier, allRestFromMs + windowMs);

  const firstRested = (nowMs: number): number | undefined => {
    for (const [identifier, until] of resting) return until <= nowMs ? identifier : undefined;
    return undefined;
  };
  const free = (nowMs: number): number => {
    let count = fresh.size;
    for (const until of resting.values()) {
      if (until > nowMs) break;
      count += 1;
    }
    return count;
  };
  return {
    free,
    take: (nowMs) => {
      const [unused] = fresh;
      const identifier = unused ?? firstRested(nowMs);
      if (identifier === undefined) return undefined;
      fresh.delete(identifier);
      resting.delete(identifier);
      return identifier;
    },
    retake: (identifier) => fresh.delete(identifier) || resting.delete(identifier),
    rest: (identifier, nowMs) => void resting.set(identifier, nowMs + windowMs),
    giveBack: (identifier) => void fresh.add(identifier),
    isIdle: (nowMs) => free(nowMs) === IDENTIFIERS_PER_PORT,
  };
}
