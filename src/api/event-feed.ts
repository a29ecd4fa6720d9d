import { type LiveEvent, LOOK_BACK_MS, type Lookout } from "./event-store.ts";

/** Tells listeners what happens anywhere in the cluster, from the database, which all nodes share. */
export interface EventFeed {
  /** Resolves once nothing later can be missed; returns how to stop listening. */
  subscribe(listener: (event: LiveEvent) => void): Promise<() => void>;
  stop(): void;
}

export interface EventFeedDependencies {
  readonly eventsSince: (lookout: Lookout) => Promise<readonly LiveEvent[]>;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
  readonly intervalMs: number;
}

/**
 * Looks while anybody listens, and not otherwise. Rows become visible in another order than that of their times and
 * numbers, so each look goes back a little, and what was told before is left out.
 */
export function createEventFeed({ eventsSince, now, onError, intervalMs }: EventFeedDependencies): EventFeed {
  const listeners = new Set<(event: LiveEvent) => void>();
  const told = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let priming: Promise<void> | undefined;

  const unseen = async (): Promise<readonly LiveEvent[]> => {
    const since = now().getTime() - LOOK_BACK_MS;
    const events = await eventsSince({ since: new Date(since), isTold: (id) => told.has(id) });
    for (const { id, at } of events) told.set(id, at.getTime());
    for (const [id, at] of told) if (at < since - LOOK_BACK_MS) told.delete(id);
    return events;
  };
  const look = async (): Promise<void> => {
    for (const event of await unseen()) for (const listener of listeners) listener(event);
  };
  const lookAgainLater = () => {
    timer = setTimeout(() => {
      look()
        .catch(onError)
        .finally(() => {
          if (listeners.size > 0) lookAgainLater();
          else pause();
        });
    }, intervalMs);
  };
  const pause = () => {
    clearTimeout(timer);
    timer = undefined;
    priming = undefined;
    told.clear();
  };
  const begin = async (): Promise<void> => {
    await unseen();
    lookAgainLater();
  };
  return {
    subscribe: async (listener) => {
      listeners.add(listener);
      priming ??= begin();
      try {
        await priming;
      } catch (error) {
        listeners.delete(listener);
        priming = undefined;
        throw error;
      }
      return () => listeners.delete(listener);
    },
    stop: () => {
      listeners.clear();
      pause();
    },
  };
}
