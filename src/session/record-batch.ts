import type { Transaction } from "../database/database.ts";
import type { AccountingEvent } from "./accounting-event.ts";
import { type Decided, decideChanges } from "./decide-changes.ts";
import type { LinkedGrant } from "./grant-store.ts";
import { grantedInterim } from "./granted-interim.ts";
import { intervalChange } from "./interval-change.ts";
import { addIntervals, removeClosed, removeOpen } from "./interval-write-store.ts";
import { restartTimes } from "./nas-restart-store.ts";
import type { OpenedSession } from "./opened-session.ts";
import { lockSessions } from "./session-lock-store.ts";
import type { NamedOtherwise } from "./session-notices.ts";
import type { SessionState } from "./session-state.ts";
import { nameSessions } from "./session-subscriber-store.ts";
import { insertSessions, relinkSessions, rewriteSessions } from "./session-write-store.ts";
import { sortedKeys, takeBatch } from "./take-batch.ts";

/** What accounting says of the interval counts before what the Access-Accept said. */
function withGrantedInterim(state: SessionState, grant: LinkedGrant | undefined): SessionState {
  const interimSeconds = state.interimSeconds ?? (grant && grantedInterim(grant.attributes));
  return interimSeconds === state.interimSeconds ? state : { ...state, interimSeconds };
}

async function writeSessions(trx: Transaction, decided: readonly Decided[]): Promise<void> {
  const known = decided.filter(({ change }) => change.before !== undefined);
  await Promise.all([
    // An id in use again: the old session ends before the new one opens, since only one of them may be open.
    rewriteSessions(
      trx,
      known.map(({ change }) => change.after),
    ),
    insertSessions(
      trx,
      decided.flatMap(({ change, sessionId: id, subscriberId, username, grant }) =>
        change.before === undefined
          ? [{ id, state: withGrantedInterim(change.after, grant), subscriberId, username, grant }]
          : [],
      ),
    ),
    relinkSessions(
      trx,
      known.flatMap(({ sessionId, grant }) => (grant ? [{ sessionId, grant }] : [])),
    ),
    nameSessions(
      trx,
      known.flatMap(({ sessionId, subscriberId, isGained }) =>
        isGained && subscriberId !== undefined ? [{ sessionId, subscriberId }] : [],
      ),
    ),
  ]);
}

async function writeIntervals(trx: Transaction, decided: readonly Decided[]): Promise<void> {
  const rows = decided.map(({ change, ...rest }) => {
    const owner = { sessionId: rest.sessionId, subscriberId: rest.subscriberId, nasId: change.after.nasId };
    const { removed, added } = intervalChange(change.before?.state, change.after);
    return {
      removed: removed.map((interval) => ({ ...interval, ...owner })),
      added: added.map((interval) => ({ ...interval, ...owner })),
    };
  });
  const removed = rows.flatMap((row) => row.removed);
  await Promise.all([
    removeOpen(
      trx,
      removed.filter(({ until }) => until === undefined),
    ),
    removeClosed(
      trx,
      removed.filter(({ until }) => until !== undefined),
    ),
    addIntervals(
      trx,
      rows.flatMap((row) => row.added),
    ),
  ]);
}

/** Sessions of which enforcement has to know: open, and new, alive again, somebody's now, or with another Access-Accept in force. */
const isOpened = ({ change, grant, isGained }: Decided): boolean =>
  change.after.stoppedAt === undefined &&
  (change.before === undefined || change.before.state.stoppedAt !== undefined || grant !== undefined || isGained);

const openedSession = ({ change, sessionId, subscriberId, grant }: Decided): OpenedSession => ({
  id: sessionId,
  nasId: change.after.nasId,
  subscriberId,
  appliedDigest: grant ? grant.profileDigest : (change.before?.appliedDigest ?? null),
});

const spelling = (username: string): string => username.trim().toLowerCase();

/** Of the sessions that took over a grant just now. */
const namedOtherwise = (decided: readonly Decided[]): NamedOtherwise[] =>
  decided.flatMap(({ change: { after }, grant }) => {
    const { nasId, acctSessionId, username: shown } = after;
    const isSame = !grant?.username || shown === "" || spelling(grant.username) === spelling(shown);
    return isSame ? [] : [{ nasId, acctSessionId, granted: grant.username, shown }];
  });

export interface BatchOptions {
  /** Whether a username that nobody has makes a subscriber of that name. */
  readonly autoSubscribers: boolean;
  /**
   * Told of the sessions that enforcement has to look at, after the statements that write their rows: whoever changes a
   * subscriber's profile meanwhile either sees them or is seen. Answers whether that leaves something to do.
   */
  opened(trx: Transaction, sessions: readonly OpenedSession[]): Promise<boolean>;
}

export interface RecordedBatch {
  /** What `opened` answered. */
  readonly isSomethingToDo: boolean;
  /** How many of the records were taken in before, or are older than what is known. */
  readonly outdated: number;
  readonly namedOtherwise: readonly NamedOtherwise[];
}

/**
 * Records a batch in one transaction: locks and reads, decides, writes, each in as few round trips as there are questions
 * that wait for one another.
 */
export async function recordBatch(
  trx: Transaction,
  events: readonly AccountingEvent[],
  { autoSubscribers, opened }: BatchOptions,
): Promise<RecordedBatch> {
  const nasIds = [...new Set(events.map(({ nasId }) => nasId))].sort();
  const [stored, restartedAt] = await Promise.all([lockSessions(trx, sortedKeys(events)), restartTimes(trx, nasIds)]);
  const { changes, outdated } = takeBatch(events, stored, restartedAt);
  const decided = await decideChanges(trx, changes, autoSubscribers);
  const openedSessions = decided.filter(isOpened).map(openedSession);
  const [, , isSomethingToDo] = await Promise.all([
    writeSessions(trx, decided),
    writeIntervals(trx, decided),
    openedSessions.length > 0 && opened(trx, openedSessions),
  ]);
  return { isSomethingToDo, outdated, namedOtherwise: namedOtherwise(decided) };
}
