import { attributeAddresses } from "../attribution/attribute-address.ts";
import type { IsOwnAddress } from "../attribution/own-addresses.ts";
import type { Database } from "../database/database.ts";
import { lockBreakers, openBreaker } from "../enforcement/breaker-store.ts";
import { fingerprint } from "../intake/fingerprint.ts";
import type { Observation } from "../intake/observation.ts";
import type { Source } from "../intake/source.ts";
import type { PlaybookFor } from "../policy/built-in-playbooks.ts";
import { knownFingerprints } from "./report-store.ts";
import { namedShares } from "./suspect-report-store.ts";

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

/** The sessions that what is new in a report names for sure. */
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
    const known = await knownFingerprints(
      database,
      source.id,
      some.map(({ print }) => print),
    );
    const fresh = some.flatMap(({ observation, print }) => (known.has(print) ? [] : [observation]));
    for (const { verdict, session } of await attributeAddresses(database, fresh, isOwnAddress))
      if (verdict === "exact" && session) named.add(session);
  }
  return named;
}

/**
 * A report that names a third of a NAS's customers is more likely wrong than right: the breaker of its source opens
 * before any of its rows is acted upon, so that each of its measures waits for a person. Its cases are opened as ever.
 */
export async function holdSuspectReport(dependencies: SuspectDependencies, arrived: Arrived): Promise<void> {
  const observations = acting(arrived, dependencies.playbookFor);
  if (observations.length < FEWEST) return;
  const named = await sessionsNamed(dependencies, arrived.source, observations);
  if (named.size < FEWEST) return;
  const { database } = dependencies;
  const shares = await namedShares(database, [...named], { atLeast: POOL_STARTS_AT, times: POOL_SHARE });
  if (!shares.some(({ named: count, open }) => open >= POOL_STARTS_AT && count * POOL_SHARE >= open)) return;
  await database.transaction(async (trx) => {
    await lockBreakers(trx);
    await openBreaker(trx, `source:${arrived.source.id}`, arrived.now);
  });
}
