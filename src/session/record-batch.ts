import type { Transaction } from "../database/database.ts";
import type { AccountingEvent } from "./accounting-event.ts";
import { findGrants, grantIdOf, type LinkedGrant } from "./grant-store.ts";
import { grantedInterim } from "./granted-interim.ts";
import { intervalChange } from "./interval-change.ts";
import { addIntervals, removeClosed, removeOpen } from "./interval-write-store.ts";
import { restartTimes } from "./nas-restart-store.ts";
import type { OpenedSession } from "./opened-session.ts";
import { lockSessions } from "./session-lock-store.ts";
import type { SessionState } from "./session-state.ts";
import { nameSessions, subscribersOf } from "./session-subscriber-store.ts";
import { insertSessions, nextSessionIds, relinkSessions, rewriteSessions } from "./session-write-store.ts";
import { type SessionChange, sortedKeys, takeBatch } from "./take-batch.ts";

/** A change with all that is written of it. */
interface Decided {
  readonly change: SessionChange;
  readonly sessionId: string;
  readonly subscriberId: string | undefined;
  /** The grant it took over just now. */
  readonly grant: LinkedGrant | undefined;
}

/** A session looks for its grant when it is new, and when our Class shows that the NAS took a newer Access-Accept. */
function wantsGrant({ before, after }: SessionChange): boolean {
  if (before === undefined) return true;
  const shown = after.observed === before.state.observed ? undefined : grantIdOf(after.observed["Class"]);
  return shown !== undefined && shown !== before.grantId;
}

async function grantsFor(
  trx: Transaction,
  changes: readonly SessionChange[],
): Promise<Map<SessionChange, LinkedGrant>> {
  const wanting = changes.filter(wantsGrant);
  const found = await findGrants(
    trx,
    wanting.map(({ after }) => ({
      grantId: grantIdOf(after.observed["Class"]),
      nasId: after.nasId,
      acctSessionId: after.acctSessionId,
      username: after.username,
      callingStationId: after.identity["Calling-Station-Id"],
      startedAt: new Date(after.startedAt),
    })),
  );
  return new Map(
    wanting.flatMap((change, index) => {
      const grant = found.get(index);
      return grant === undefined ? [] : [[change, grant] as const];
    }),
  );
}

/** Nobody's until now: it came without a User-Name, or its subscriber was not known when it began. */
const isNobodys = ({ before, after }: SessionChange): boolean =>
  before !== undefined && before.subscriberId === undefined && after.username !== "";

const isFresh = ({ before }: SessionChange): boolean => before === undefined;

/** Whose it is has to be asked. */
const isUnowned = (change: SessionChange): boolean => isFresh(change) || isNobodys(change);

/** The subscribers of sessions that are new, or nobody's. */
async function ownersOf(
  trx: Transaction,
  changes: readonly SessionChange[],
  autoSubscribers: boolean,
): Promise<ReadonlyMap<string, string>> {
  const usernames = new Set(
    changes
      .filter(isUnowned)
      .map(({ after }) => after.username)
      .filter((name) => name !== ""),
  );
  return await subscribersOf(trx, [...usernames].sort(), autoSubscribers);
}

/** What accounting says of the interval counts before what the Access-Accept said. */
function withGrantedInterim(state: SessionState, grant: LinkedGrant | undefined): SessionState {
  const interimSeconds = state.interimSeconds ?? (grant && grantedInterim(grant.attributes));
  return interimSeconds === state.interimSeconds ? state : { ...state, interimSeconds };
}

/** Everything that has to be asked before the changes can be written. */
async function decide(
  trx: Transaction,
  changes: readonly SessionChange[],
  autoSubscribers: boolean,
): Promise<Decided[]> {
  const [grants, freshIds, owners] = await Promise.all([
    grantsFor(trx, changes),
    nextSessionIds(trx, changes.filter(isFresh).length),
    ownersOf(trx, changes, autoSubscribers),
  ]);
  const ids = freshIds.values();
  return changes.map((change) => {
    const { before, after } = change;
    return {
      change,
      sessionId: after.id ?? ids.next().value ?? "",
      subscriberId: isUnowned(change) ? owners.get(after.username) : before?.subscriberId,
      grant: grants.get(change),
    };
  });
}

async function writeSessions(trx: Transaction, decided: readonly Decided[]): Promise<void> {
  const known = decided.filter(({ change }) => !isFresh(change));
  await Promise.all([
    // An id in use again: the old session ends before the new one opens, since only one of them may be open.
    rewriteSessions(
      trx,
      known.map(({ change }) => change.after),
    ),
    insertSessions(
      trx,
      decided.flatMap(({ change, sessionId: id, subscriberId, grant }) =>
        isFresh(change) ? [{ id, state: withGrantedInterim(change.after, grant), subscriberId, grant }] : [],
      ),
    ),
    relinkSessions(
      trx,
      known.flatMap(({ sessionId, grant }) => (grant ? [{ sessionId, grant }] : [])),
    ),
    nameSessions(
      trx,
      known.flatMap(({ change, sessionId, subscriberId }) =>
        isNobodys(change) && subscriberId !== undefined ? [{ sessionId, subscriberId }] : [],
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
const isOpened = ({ change, grant, subscriberId }: Decided): boolean =>
  change.after.stoppedAt === undefined &&
  (change.before === undefined ||
    change.before.state.stoppedAt !== undefined ||
    grant !== undefined ||
    (isNobodys(change) && subscriberId !== undefined));

const openedSession = ({ change, sessionId, subscriberId, grant }: Decided): OpenedSession => ({
  id: sessionId,
  nasId: change.after.nasId,
  subscriberId,
  appliedDigest: grant ? grant.profileDigest : (change.before?.appliedDigest ?? null),
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

/**
 * Records a batch in one transaction: locks and reads, decides, writes, each in as few round trips as there are questions
 * that wait for one another. Returns what `opened` answered.
 */
export async function recordBatch(
  trx: Transaction,
  events: readonly AccountingEvent[],
  { autoSubscribers, opened }: BatchOptions,
): Promise<boolean> {
  const nasIds = [...new Set(events.map(({ nasId }) => nasId))].sort();
  const [stored, restartedAt] = await Promise.all([lockSessions(trx, sortedKeys(events)), restartTimes(trx, nasIds)]);
  const decided = await decide(trx, takeBatch(events, stored, restartedAt), autoSubscribers);
  const openedSessions = decided.filter(isOpened).map(openedSession);
  const [, , isSomethingToDo] = await Promise.all([
    writeSessions(trx, decided),
    writeIntervals(trx, decided),
    openedSessions.length > 0 && opened(trx, openedSessions),
  ]);
  return isSomethingToDo;
}
