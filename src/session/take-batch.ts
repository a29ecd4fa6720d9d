import type { AccountingEvent } from "./accounting-event.ts";
import { isOldNews } from "./nas-clock.ts";
import type { SessionKey } from "./session-lock-store.ts";
import type { SessionState } from "./session-state.ts";
import type { StoredSession } from "./stored-session.ts";
import { takeEvent } from "./take-event.ts";

/** One session as it was stored (undefined: it was not) and as it is after a batch of records. */
export interface SessionChange {
  readonly before: StoredSession | undefined;
  readonly after: SessionState;
}

/** One text for a key. */
export const keyText = (key: SessionKey): string => `${key.nasId}\n${key.acctSessionId}`;

type Keyed<Key> = readonly [text: string, key: Key];

/** In the order in which everybody locks. */
const sorted = <Key extends SessionKey>(keyed: Iterable<Keyed<Key>>): Key[] =>
  [...keyed].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, key]) => key);

/** The keys of a batch, each once, in the order in which everybody locks. */
export const sortedKeys = (events: readonly AccountingEvent[]): SessionKey[] =>
  sorted(new Map(events.map((event) => [keyText(event), event])));

/**
 * Splits off the Interims and Starts that are the only record of their session in the batch, in the order in which
 * everybody locks: whether they come before or after the others makes no difference. Only they can carry on a session.
 */
export function soleRecords(events: readonly AccountingEvent[]): {
  readonly sole: AccountingEvent[];
  readonly others: AccountingEvent[];
} {
  const byKey = Map.groupBy(events, keyText);
  const isSole = (text: string, event: AccountingEvent) => event.status !== "stop" && byKey.get(text)?.length === 1;
  const sole = sorted(
    [...byKey].flatMap(([text, [event]]) => (event && isSole(text, event) ? [[text, event] as const] : [])),
  );
  const taken = new Set(sole);
  return { sole, others: events.filter((event) => !taken.has(event)) };
}

const byKey = (stored: readonly StoredSession[]): ReadonlyMap<string, readonly StoredSession[]> =>
  Map.groupBy(stored, ({ state }) => keyText(state));

export interface TakenBatch {
  /** The sessions that changed. */
  readonly changes: readonly SessionChange[];
  /** How many records were taken in before, or are older than the newest of their session. */
  readonly outdated: number;
}

/** Takes in the records of a batch, in order. */
export function takeBatch(
  events: readonly AccountingEvent[],
  stored: readonly StoredSession[],
  restartedAt: ReadonlyMap<string, number>,
): TakenBatch {
  const known = byKey(stored);
  const now = new Map<string, readonly SessionState[]>();
  let outdated = 0;
  for (const event of events) {
    const name = keyText(event);
    const states = now.get(name) ?? known.get(name)?.map(({ state }) => state) ?? [];
    if (isOldNews(states, event)) outdated++;
    now.set(name, takeEvent(states, event, restartedAt.get(event.nasId)));
  }
  const changes = [...now].flatMap(([name, states]) => {
    const before = known.get(name) ?? [];
    return states.flatMap((after) => {
      const was = before.find(({ state }) => state.incarnation === after.incarnation);
      return was?.state === after ? [] : [{ before: was, after }];
    });
  });
  return { changes, outdated };
}
