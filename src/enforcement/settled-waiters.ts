/** Those who wait until nothing more is under way for a subscriber. */
export interface SettledWaiters {
  /** Resolves once `isUnderWay` says no, or after `waitMs`. */
  settled(subscriberId: string, waitMs: number): Promise<void>;
  /** A run for this subscriber ended. */
  hasFinished(subscriberId: string): void;
}

/** Another node may be the one that works on it: so it is looked at now and then, too. */
const LOOK_EVERY_MS = 100;

export function createSettledWaiters(isUnderWay: (subscriberId: string) => Promise<boolean>): SettledWaiters {
  const waiting = new Map<string, Set<() => void>>();

  const nextChange = (subscriberId: string, limitMs: number): Promise<void> =>
    new Promise((resolve) => {
      const all = waiting.get(subscriberId) ?? new Set();
      const done = () => {
        clearTimeout(timer);
        all.delete(done);
        if (all.size === 0) waiting.delete(subscriberId);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      waiting.set(subscriberId, all.add(done));
    });
  return {
    settled: async (subscriberId, waitMs) => {
      const deadline = performance.now() + waitMs;
      while (await isUnderWay(subscriberId)) {
        const left = deadline - performance.now();
        if (left <= 0) return;
        await nextChange(subscriberId, Math.min(left, LOOK_EVERY_MS));
      }
    },
    hasFinished: (subscriberId) => {
      for (const done of [...(waiting.get(subscriberId) ?? [])]) done();
    },
  };
}
