import type { Transaction } from "../database/database.ts";
import { fingerprint } from "../intake/fingerprint.ts";
import type { Observation, Rejection, RowCode } from "../intake/observation.ts";
import type { Source } from "../intake/source.ts";
import { countObservationsSince, knownFingerprints } from "./report-store.ts";

const HOUR_MS = 60 * 60_000;

/** Which observations go on, and which stop here. */
export interface Admission<Item> {
  readonly admitted: readonly Item[];
  readonly rejected: readonly Rejection[];
}

export const rejection = ({ row }: Observation, code: RowCode, detail: string): Rejection => ({ row, code, detail });

/** Leaves out what the source may not report. */
export function admitCategories(source: Source, observations: readonly Observation[]): Admission<Observation> {
  const { categories } = source;
  if (!categories) return { admitted: observations, rejected: [] };
  const may = (observation: Observation) => categories.includes(observation.category);
  return {
    admitted: observations.filter(may),
    rejected: observations
      .filter((observation) => !may(observation))
      .map((observation) =>
        rejection(observation, "category-not-allowed", `source ${source.id} may not report ${observation.category}`),
      ),
  };
}

/**
 * Leaves out what is beyond the source's share of this hour. What it has sent before takes none of it: that is told as
 * duplicate as ever.
 */
export async function admitWithinLimit(
  trx: Transaction,
  source: Source,
  { observations, now }: { readonly observations: readonly Observation[]; readonly now: Date },
): Promise<Admission<Observation>> {
  const limit = source.maxObservationsPerHour;
  if (limit === undefined) return { admitted: observations, rejected: [] };
  const used = await countObservationsSince(trx, source.id, new Date(now.getTime() - HOUR_MS));
  const seen = await knownFingerprints(trx, source.id, observations.map(fingerprint));
  let left = Math.max(0, limit - used);
  const isAdmitted = observations.map((observation) => {
    const print = fingerprint(observation);
    if (seen.has(print)) return true;
    if (left === 0) return false;
    left--;
    seen.add(print);
    return true;
  });
  const detail = `source ${source.id} may send ${limit} observations an hour`;
  return {
    admitted: observations.filter((_, index) => isAdmitted[index]),
    rejected: observations
      .filter((_, index) => !isAdmitted[index])
      .map((observation) => rejection(observation, "source-limit", detail)),
  };
}
