import { setTimeout } from "node:timers/promises";

/** Resolves when the next request may leave: so many a second, evenly; without a number at once. */
export function createPace(perSecond: number | undefined, stopped: AbortSignal): () => Promise<void> {
  if (perSecond === undefined) return async () => undefined;
  const startedAt = performance.now();
  let left = 0;
  return async () => {
    const dueAt = startedAt + (left * 1000) / perSecond;
    left += 1;
    const ms = Math.max(0, dueAt - performance.now());
    await setTimeout(ms, undefined, { signal: stopped }).catch(() => undefined);
  };
}
