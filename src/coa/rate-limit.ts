/** How fast datagrams may follow each other, by a clock that nobody sets. */
export interface RateLimit {
  available(nowMs: number): number;
  take(nowMs: number): void;
  /** How long until one more is available; 0: now. */
  waitMs(nowMs: number): number;
}

/** At most `perSecond` in any second, in one burst or spread; of a fraction, one in as many seconds as it takes. */
export function createRateLimit(perSecond: number): RateLimit {
  const burst = Math.max(1, Math.floor(perSecond));
  const spanMs = (burst / perSecond) * 1000;
  /** When the last ones were taken, oldest first. */
  const taken: number[] = [];
  const forgetOld = (nowMs: number) => {
    const isOver = (at: number | undefined) => at !== undefined && at + spanMs <= nowMs;
    while (isOver(taken[0])) taken.shift();
  };
  return {
    available: (nowMs) => {
      forgetOld(nowMs);
      return Math.max(0, burst - taken.length);
    },
    take: (nowMs) => void taken.push(nowMs),
    waitMs: (nowMs) => {
      forgetOld(nowMs);
      const [oldest = nowMs] = taken;
      return taken.length < burst ? 0 : Math.max(1, Math.ceil(oldest + spanMs - nowMs));
    },
  };
}
