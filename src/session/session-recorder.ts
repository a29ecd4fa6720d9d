import type { Database, Transaction } from "../database/database.ts";
import type { AccountingEvent, NasRestart } from "./accounting-event.ts";
import { carryOn } from "./carry-on-store.ts";
import { markHeard } from "./heard-nas-store.ts";
import { HeardNases } from "./heard-nases.ts";
import { endSessionsOfNas, markRestarted } from "./nas-restart-store.ts";
import type { OpenedSession } from "./opened-session.ts";
import { recordBatch } from "./record-batch.ts";
import { isOfOneRecord, isPassing } from "./recording-failure.ts";
import { RecordingQueue } from "./recording-queue.ts";
import { SessionError } from "./session-error.ts";
import type { SessionNotices } from "./session-notices.ts";
import { soleRecords } from "./take-batch.ts";
import { withinTime } from "./within-time.ts";

/** Makes accounting durable. A promise that resolves means: committed. One that rejects (SessionError) means: do not answer. */
export interface SessionRecorder {
  record(event: AccountingEvent): Promise<void>;
  /** Resolves once every session that the restart ended is closed. Records that come after it are taken as of after it. */
  recordRestart(restart: NasRestart): Promise<void>;
  /** Takes nothing new, and resolves when what was taken is committed or given up. */
  stop(): Promise<void>;
}

export interface SessionRecorderDependencies {
  readonly database: Database;
  readonly now: () => Date;
  /** Whether a username that nobody has makes a subscriber of that name. */
  readonly autoSubscribers: boolean;
  readonly hooks: {
    /** In the transaction that wrote these sessions, after their rows. Answers whether that leaves something to do. */
    opened(trx: Transaction, sessions: readonly OpenedSession[]): Promise<boolean>;
    /** After a commit in which `opened` answered that there is something to do. */
    committed(): void;
  };
  /** Told of what is odd about records that were recorded. */
  readonly notices?: SessionNotices;
  /** Told of every failure that cost records their answer. */
  readonly onError: (error: unknown) => void;
  readonly limits?: Partial<RecorderLimits>;
}

export interface RecorderLimits {
  /** Batches under way at once, each on a connection of its own. */
  readonly maxUnderWay: number;
  readonly maxBatch: number;
  readonly maxQueue: number;
  /** From arrival to commit. NASes ask again after a few seconds, so a later answer is of no use. */
  readonly maxWaitMs: number;
}

const defaultLimits: RecorderLimits = { maxUnderWay: 2, maxBatch: 1_000, maxQueue: 20_000, maxWaitMs: 10_000 };
const TRIES = 5;
/** Sessions ended at once, so that other records do not wait for a whole BNG's. */
const RESTART_CHUNK = 2_000;

/**
 * While batches commit the next one collects, so that batches are as large as the load asks for and a sole record does
 * not wait.
 */
export function createSessionRecorder(dependencies: SessionRecorderDependencies): SessionRecorder {
  const { database, hooks, notices, onError } = dependencies;
  const limits = { ...defaultLimits, ...dependencies.limits };
  const heard = new HeardNases((slots) => markHeard(database, slots));

  /** First what needs no look at the session, then the rest; each is durable by itself. */
  async function commit(events: readonly AccountingEvent[]): Promise<void> {
    const { sole, others } = soleRecords(events);
    const { left, repeated } = await carryOn(database, sole);
    notices?.heardBefore(repeated);
    const rest = left.length === 0 ? others : [...others, ...left.flatMap((place) => sole[place] ?? [])];
    if (rest.length > 0) await commitWhole(rest);
  }

  async function commitWhole(events: readonly AccountingEvent[]): Promise<void> {
    const { autoSubscribers } = dependencies;
    const { isSomethingToDo, outdated, namedOtherwise } = await database.transaction((trx) =>
      recordBatch(trx, events, { autoSubscribers, opened: hooks.opened }),
    );
    notices?.heardBefore(outdated);
    for (const session of namedOtherwise) notices?.namedOtherwise(session);
    if (isSomethingToDo) hooks.committed();
  }

  async function commitRetrying(events: readonly AccountingEvent[]): Promise<void> {
    for (let tried = 1; ; tried++) {
      try {
        return await withinTime(commit(events), limits.maxWaitMs);
      } catch (error) {
        // Another node opened one of these sessions, or waits for us as we for it: what it did is visible now.
        if (tried === TRIES || !isPassing(error)) throw error;
      }
    }
  }

  /** Records what can be recorded: a record that PostgreSQL refuses must not take the others along. */
  async function recordAll(events: readonly AccountingEvent[]): Promise<(SessionError | undefined)[]> {
    try {
      await commitRetrying(events);
      heard.note(events);
      return events.map(() => undefined);
    } catch (error) {
      if (events.length > 1 && isOfOneRecord(error)) {
        const half = events.length >> 1;
        return [...(await recordAll(events.slice(0, half))), ...(await recordAll(events.slice(half)))];
      }
      onError(error);
      const code = isOfOneRecord(error) ? "unstorable" : "unavailable";
      const failure = error instanceof SessionError ? error : new SessionError(code, { cause: error });
      return events.map(() => failure);
    }
  }

  /** The mark comes first, in its place between the records; closing many sessions goes on beside later records. */
  async function endSessions(nasId: string, at: Date): Promise<void> {
    while ((await endSessionsOfNas(database, nasId, at, RESTART_CHUNK)) > 0);
  }

  async function restart(event: NasRestart): Promise<{ readonly rest: Promise<void> }> {
    try {
      const { at, isRepeated, isSettled } = await withinTime(markRestarted(database, event), limits.maxWaitMs);
      notices?.heardBefore(isRepeated ? 1 : 0);
      heard.note([event]);
      return { rest: isSettled ? Promise.resolve() : endSessions(event.nasId, at).catch(unavailable) };
    } catch (error) {
      return unavailable(error);
    }
  }

  function unavailable(error: unknown): never {
    onError(error);
    throw error instanceof SessionError ? error : new SessionError("unavailable", { cause: error });
  }

  const queue = new RecordingQueue({ ...limits, now: dependencies.now, recordAll, restart });
  return {
    record: (event) => queue.add({ event }),
    recordRestart: (event) => queue.add({ restart: event }),
    stop: async () => {
      await queue.stop();
      await heard.stop();
    },
  };
}
