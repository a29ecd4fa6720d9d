import type { AccountingEvent } from "./accounting-event.ts";
import type { SessionKey } from "./session-lock-store.ts";
import type { SessionState } from "./session-state.ts";
import type { StoredSession } from "./stored-session.ts";
import { takeEvent } from "./take-event.ts";

/** One session as it was stored (undefined: it was not) and as it is after a batch of records. */
export interface SessionChange {
  readonly before: StoredSession | undefined;
  readonly after: SessionState;
}

const nameOf = (key: SessionKey): string => `${key.nasId}\n${key.acctSessionId}`;

/** The keys of a batch, each once, in the order in which everybody locks. */
export function sortedKeys(events: readonly AccountingEvent[]): SessionKey[] {
  const keys = new Map(events.map((event) => [nameOf(event), event]));
  return [...keys].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, key]) => key);
}

const byKey = (stored: readonly StoredSession[]): ReadonlyMap<string, readonly StoredSession[]> =>
  Map.groupBy(stored, ({ state }) => nameOf(state));

/** NASes whose restarts matter to a batch: those of records that do more than carry on with an open session. */
export function nasesOpening(events: readonly AccountingEvent[], stored: readonly StoredSession[]): string[] {
  const known = byKey(stored);
  const carriesOn = (event: AccountingEvent): boolean => {
    const newest = known.get(nameOf(event))?.[0];
    return event.status === "interim" && newest !== undefined && newest.state.stoppedAt === undefined;
  };
  return [...new Set(events.filter((event) => !carriesOn(event)).map(({ nasId }) => nasId))].sort();
}

/** Takes in the records of a batch, in order. Only sessions that changed are returned. */
export function takeBatch(
  events: readonly AccountingEvent[],
  stored: readonly StoredSession[],
  restartedAt: ReadonlyMap<string, number>,
): SessionChange[] {
  const known = byKey(stored);
  const now = new Map<string, readonly SessionState[]>();
  for (const event of events) {
    const name = nameOf(event);
    const states = now.get(name) ?? known.get(name)?.map(({ state }) => state) ?? [];
    now.set(name, takeEvent(states, event, restartedAt.get(event.nasId)));
  }
  return [...now].flatMap(([name, states]) => {
    const before = known.get(name) ?? [];
    return states.flatMap((after) => {
      const was = before.find(({ state }) => state.incarnation === after.incarnation);
      return was?.state === after ? [] : [{ before: was, after }];
    });
  });
}

/** Whether nothing changed but what every Interim changes. */
export function isTouch({ before, after }: SessionChange): boolean {
  const was = before?.state;
  return (
    was !== undefined &&
    was.startedAt === after.startedAt &&
    was.isStartKnown === after.isStartKnown &&
    was.stoppedAt === after.stoppedAt &&
    was.terminateCause === after.terminateCause &&
    was.username === after.username &&
    was.ipv4 === after.ipv4 &&
    was.ipv6 === after.ipv6 &&
    was.identity === after.identity &&
    was.observed === after.observed
  );
}
