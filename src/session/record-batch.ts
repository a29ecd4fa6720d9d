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
import { insertSessions, relinkSessions, rewriteSessions } from "./session-write-store.ts";
import { nasesOpening, type SessionChange, sortedKeys, takeBatch } from "./take-batch.ts";

/** A change that is written: the session's id is known. */
interface Written {
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

/** The subscribers of sessions that are new, or nobody's. */
async function ownersOf(
  trx: Transaction,
  changes: readonly SessionChange[],
  autoSubscribers: boolean,
): Promise<ReadonlyMap<string, string>> {
  const unowned = changes.filter((change) => change.before === undefined || isNobodys(change));
  const usernames = new Set(unowned.map(({ after }) => after.username).filter((name) => name !== ""));
  return await subscribersOf(trx, [...usernames].sort(), autoSubscribers);
}

/** What accounting says of the interval counts before what the Access-Accept said. */
function withGrantedInterim(state: SessionState, grant: LinkedGrant | undefined): SessionState {
  const interimSeconds = state.interimSeconds ?? (grant && grantedInterim(grant.attributes));
  return interimSeconds === state.interimSeconds ? state : { ...state, interimSeconds };
}

async function writeNew(
  trx: Transaction,
  changes: readonly SessionChange[],
  options: {
    readonly owners: ReadonlyMap<string, string>;
    readonly grants: ReadonlyMap<SessionChange, LinkedGrant>;
  },
): Promise<Written[]> {
  const opened = changes.map((change) => ({
    change,
    subscriberId: options.owners.get(change.after.username),
    grant: options.grants.get(change),
  }));
  const ids = await insertSessions(
    trx,
    opened.map(({ change, ...rest }) => ({ state: withGrantedInterim(change.after, rest.grant), ...rest })),
  );
  return opened.map((session, index) => ({ ...session, sessionId: ids[index] ?? "" }));
}

async function writeKnown(
  trx: Transaction,
  changes: readonly SessionChange[],
  owners: ReadonlyMap<string, string>,
): Promise<Omit<Written, "grant">[]> {
  await rewriteSessions(
    trx,
    changes.map(({ after }) => after),
  );
  const written = changes.map((change) => ({
    change,
    sessionId: change.after.id ?? "",
    subscriberId: isNobodys(change) ? owners.get(change.after.username) : change.before?.subscriberId,
  }));
  await nameSessions(
    trx,
    written.flatMap(({ change, sessionId, subscriberId }) =>
      isNobodys(change) && subscriberId !== undefined ? [{ sessionId, subscriberId }] : [],
    ),
  );
  return written;
}

async function writeIntervals(trx: Transaction, written: readonly Written[]): Promise<void> {
  const rows = written.map(({ change, ...rest }) => {
    const owner = { sessionId: rest.sessionId, subscriberId: rest.subscriberId, nasId: change.after.nasId };
    const { removed, added } = intervalChange(change.before?.state, change.after);
    return {
      removed: removed.map((interval) => ({ ...interval, ...owner })),
      added: added.map((interval) => ({ ...interval, ...owner })),
    };
  });
  const removed = rows.flatMap((row) => row.removed);
  await removeOpen(
    trx,
    removed.filter(({ until }) => until === undefined),
  );
  await removeClosed(
    trx,
    removed.filter(({ until }) => until !== undefined),
  );
  await addIntervals(
    trx,
    rows.flatMap((row) => row.added),
  );
}

/** Sessions of which enforcement has to know: open, and new, alive again, somebody's now, or with another Access-Accept in force. */
const isOpened = ({ change, grant, subscriberId }: Written): boolean =>
  change.after.stoppedAt === undefined &&
  (change.before === undefined ||
    change.before.state.stoppedAt !== undefined ||
    grant !== undefined ||
    (isNobodys(change) && subscriberId !== undefined));

/**
 * Records a batch in one transaction. Returns the sessions that enforcement has to look at: their rows are written by
 * then, so that whoever changes a subscriber's profile meanwhile either sees them or is seen.
 */
export async function recordBatch(
  trx: Transaction,
  events: readonly AccountingEvent[],
  autoSubscribers: boolean,
): Promise<OpenedSession[]> {
  const stored = await lockSessions(trx, sortedKeys(events));
  const restartedAt = await restartTimes(trx, nasesOpening(events, stored));
  const changes = takeBatch(events, stored, restartedAt);
  const grants = await grantsFor(trx, changes);
  const owners = await ownersOf(trx, changes, autoSubscribers);
  // An id in use again: the old session ends before the new one opens, since only one of them may be open.
  const known = await writeKnown(
    trx,
    changes.filter(({ before }) => before !== undefined),
    owners,
  );
  const fresh = await writeNew(
    trx,
    changes.filter(({ before }) => before === undefined),
    { owners, grants },
  );
  const written = [...known.map((one) => ({ ...one, grant: grants.get(one.change) })), ...fresh];
  await writeIntervals(trx, written);
  await relinkSessions(
    trx,
    written.flatMap(({ change, sessionId, grant }) => (change.before && grant ? [{ sessionId, grant }] : [])),
  );
  return written.filter(isOpened).map(({ change, sessionId, subscriberId, grant }) => ({
    id: sessionId,
    nasId: change.after.nasId,
    subscriberId,
    appliedDigest: grant ? grant.profileDigest : (change.before?.appliedDigest ?? null),
  }));
}
