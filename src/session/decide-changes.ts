import type { Transaction } from "../database/database.ts";
import { findGrants, grantIdOf, type LinkedGrant } from "./grant-store.ts";
import { exactOwners, ownersOfOthers } from "./session-subscriber-store.ts";
import { nextSessionIds } from "./session-write-store.ts";
import type { SessionChange } from "./take-batch.ts";

/** A change with all that is written of it. */
export interface Decided {
  readonly change: SessionChange;
  readonly sessionId: string;
  readonly subscriberId: string | undefined;
  /** By whose name that is. */
  readonly username: string;
  /** It was nobody's until now. */
  readonly isGained: boolean;
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
      nasPortId: after.identity["NAS-Port-Id"],
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

/**
 * By whose name a session is somebody's: the one that the Access-Accept was made out to. In accounting the NAS may go on with
 * what the customer called himself: the outer identity of EAP, which nothing proves (RFC 3579 section 3, RFC 7542 section 2.1).
 */
const ownName = ({ before, after }: SessionChange, grant: LinkedGrant | undefined): string =>
  grant?.username || before?.grantedUsername || after.username;

const isFresh = ({ before }: SessionChange): boolean => before === undefined;

/** Whose it is has to be asked: it is new, or came without a User-Name, or its subscriber was not known when it began. */
const isUnowned = ({ before }: SessionChange): boolean => before?.subscriberId === undefined;

const sorted = (usernames: Iterable<string>): string[] => [...new Set(usernames)].filter((name) => name !== "").sort();

/**
 * Everything that has to be asked before the changes can be written. Nearly always accounting and Access-Accept agree on the
 * name, so that its owner is asked for together with the grants.
 */
export async function decideChanges(
  trx: Transaction,
  changes: readonly SessionChange[],
  autoSubscribers: boolean,
): Promise<Decided[]> {
  const unowned = changes.filter(isUnowned);
  const shown = sorted(unowned.map((change) => ownName(change, undefined)));
  const asked = new Set(shown);
  const [grants, freshIds, exact] = await Promise.all([
    grantsFor(trx, changes),
    nextSessionIds(trx, changes.filter(isFresh).length),
    exactOwners(trx, shown),
  ]);
  const names = sorted(unowned.map((change) => ownName(change, grants.get(change))));
  const granted = await exactOwners(
    trx,
    names.filter((name) => !asked.has(name)),
  );
  const known = new Map([...exact, ...granted]);
  const others = await ownersOfOthers(
    trx,
    names.filter((name) => !known.has(name)),
    autoSubscribers,
  );
  const owners = new Map([...known, ...others]);
  const ids = freshIds.values();
  return changes.map((change) => {
    const { before, after } = change;
    const grant = grants.get(change);
    const username = ownName(change, grant);
    const subscriberId = isUnowned(change) ? owners.get(username) : before?.subscriberId;
    const isGained = !isFresh(change) && isUnowned(change) && subscriberId !== undefined;
    return { change, sessionId: after.id ?? ids.next().value ?? "", subscriberId, username, isGained, grant };
  });
}
