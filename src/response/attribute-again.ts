import type { Attribution } from "../attribution/attribute.ts";
import type { IsOwnAddress } from "../attribution/own-addresses.ts";
import { LEAST_RETENTION_DAYS } from "../config/retention.ts";
import type { Queryable, Transaction } from "../database/database.ts";
import { attributeEach } from "./attribute-observations.ts";
import { recordAttributions } from "./attribution-audit-store.ts";
import type { StoredObservation } from "./report-store.ts";
import { attributeAnew, type NewAttribution, type Unattributed, unattributed } from "./unattributed-store.ts";

const DAY_MS = 24 * 60 * 60_000;
/** Of what is this old, nothing is removed yet that says who held an address. */
const SURELY_KEPT_MS = (LEAST_RETENTION_DAYS - 1) * DAY_MS;

const sureness: Readonly<Record<Attribution["verdict"], number>> = { none: 0, ambiguous: 1, exact: 2 };

/** What an observation in doubt names by now. */
export interface Clarified extends NewAttribution {
  readonly before: Unattributed;
}

/** Whoever came into question still does, so that nobody is named since what spoke against it was removed for its age. */
function isStillAllKnown({ before, found }: Clarified, now: Date): boolean {
  if (before.observation.at.getTime() > now.getTime() - SURELY_KEPT_MS) return true;
  const sessions = new Set(found.attribution.candidates.map(({ session }) => session));
  return before.sessions.every((session) => sessions.has(session));
}

export interface Asking {
  readonly isOwnAddress: IsOwnAddress;
  readonly now: Date;
}

/** Those of these that are surer by now: records have come since that tell who held the address then. */
export async function clarified(
  on: Queryable,
  rows: readonly Unattributed[],
  { isOwnAddress, now }: Asking,
): Promise<Clarified[]> {
  if (rows.length === 0) return [];
  const answers = await attributeEach(
    on,
    rows.map(({ observation }) => observation),
    isOwnAddress,
  );
  return rows.flatMap((before, index) => {
    const found = answers[index];
    if (!found || sureness[found.attribution.verdict] <= sureness[before.verdict]) return [];
    const isTurned = found.observation.ip !== before.observation.ip;
    const one = { id: before.id, before, found, isTurned };
    return isTurned || isStillAllKnown(one, now) ? [one] : [];
  });
}

/** On whose account it is done: "source:feed", "job:attribute". */
export type AskingAgain = Asking & { readonly ids: readonly string[]; readonly by: string };

/**
 * Attributes observations in doubt anew, by all that is recorded by now of the time of the offence, and says so in the
 * audit. Returns those that are surer than before, to be responded to like new ones; the others stay as they are. What
 * is exact never changes.
 */
export async function attributeAgain(
  trx: Transaction,
  { ids, by, ...asking }: AskingAgain,
): Promise<StoredObservation[]> {
  if (ids.length === 0) return [];
  const surer = await clarified(trx, await unattributed(trx, ids), asking);
  if (surer.length === 0) return [];
  const written = await attributeAnew(trx, surer, asking.now);
  const anew = surer
    .filter(({ id }) => written.has(id))
    .map(({ id, found, before: { verdict, caseId, reportId } }) => ({
      ...found,
      id,
      earlier: { verdict, caseId, reportId },
    }));
  await recordAttributions(trx, anew, by);
  return anew;
}
