import { attributeAddresses } from "../attribution/attribute-address.ts";
import type { IsOwnAddress } from "../attribution/own-addresses.ts";
import type { Database, Queryable } from "../database/database.ts";
import { lockBreakers, openBreaker } from "../enforcement/breaker-store.ts";
import { fingerprint } from "../intake/fingerprint.ts";
import type { Observation } from "../intake/observation.ts";
import type { Source } from "../intake/source.ts";
import type { PlaybookFor } from "../policy/built-in-playbooks.ts";
import { namedShares } from "./suspect-report-store.ts";
import { knownClaims } from "./unattributed-store.ts";

/** One in so many customers of a NAS in one report: then rather the report is wrong. */
const POOL_SHARE = 3;
/** A smaller pool has no share that means anything. */
const POOL_STARTS_AT = 100;
/** With fewer sessions than this no share can be reached, so nothing is asked for. */
const FEWEST = Math.ceil(POOL_STARTS_AT / POOL_SHARE);

interface Arrived {
  readonly source: Source;
  readonly observations: readonly Observation[];
  readonly now: Date;
}

interface SuspectDependencies {
  readonly database: Database;
  readonly playbookFor: PlaybookFor;
  readonly isOwnAddress: IsOwnAddress;
}

/** Those for which the playbook would act by itself. */
const acting = ({ source, observations }: Arrived, playbookFor: PlaybookFor): Observation[] =>
  observations.filter(({ category }) => {
    const { minimumTrust, stages } = playbookFor(category);
    return source.trust >= minimumTrust && stages[0].measure !== null;
  });

/** Rows that are looked at in one go: a report of a hundred thousand must leave RADIUS its turns. */
const ROWS_AT_ONCE = 250;

/** The sessions that a report names for sure, by what is new in it or was in doubt so far. */
async function sessionsNamed(
  { database, isOwnAddress }: SuspectDependencies,
  source: Source,
  observations: readonly Observation[],
): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  for (let at = 0; at < observations.length; at += ROWS_AT_ONCE) {
    const some = observations.slice(at, at + ROWS_AT_ONCE).map((observation) => ({
      observation,
      print: fingerprint(observation),
    }));
    const prints = some.map(({ print }) => print);
    const known = await knownClaims(database, source.id, prints);
    const done = new Set(known.filter(({ isExact }) => isExact).map((claim) => claim.fingerprint));
    const fresh = some.flatMap(({ observation, print }) => (done.has(print) ? [] : [observation]));
    for (const { verdict, session } of await attributeAddresses(database, fresh, isOwnAddress))
      if (verdict === "exact" && session) named.add(session);
  }
  return named;
}

/** Observations that are about to be acted upon, and the sessions that they and the rest of their report name. */
export interface NamedByReport extends Arrived {
  readonly sessionsOf: (on: Queryable) => Promise<readonly string[]>;
}

/** Opens the breaker of a source before anything is acted upon, if too many of a NAS's customers are named. */
export async function holdIfSuspect(dependencies: SuspectDependencies, named: NamedByReport): Promise<void> {
  const { database, playbookFor } = dependencies;
  if (acting(named, playbookFor).length === 0) return;
  const sessions = new Set(await named.sessionsOf(database));
  if (sessions.size < FEWEST) return;
  const shares = await namedShares(database, [...sessions], { atLeast: POOL_STARTS_AT, times: POOL_SHARE });
  if (!shares.some(({ named: count, open }) => open >= POOL_STARTS_AT && count * POOL_SHARE >= open)) return;
  await database.transaction(async (trx) => {
    await lockBreakers(trx);
    await openBreaker(trx, `source:${named.source.id}`, named.now);
  });
}

/**
 * A report that names a third of a NAS's customers is more likely wrong than right: the breaker of its source opens
 * before any of its rows is acted upon, so that each of its measures waits for a person. Its cases are opened as ever.
 */
export async function holdSuspectReport(dependencies: SuspectDependencies, arrived: Arrived): Promise<void> {
  const observations = acting(arrived, dependencies.playbookFor);
  if (observations.length < FEWEST) return;
  const sessionsOf = async () => [...(await sessionsNamed(dependencies, arrived.source, observations))];
  await holdIfSuspect(dependencies, { ...arrived, observations, sessionsOf });
}
