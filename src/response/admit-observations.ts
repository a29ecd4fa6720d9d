import type { Transaction } from "../database/database.ts";
import { fingerprint } from "../intake/fingerprint.ts";
import type { Observation, Rejection, RowCode } from "../intake/observation.ts";
import type { Source } from "../intake/source.ts";
import { knownFingerprints, sentSince } from "./report-store.ts";

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

export interface OfferedRows {
  readonly observations: readonly Observation[];
  /** Rows of the same report that were its source's mistakes. */
  readonly mistakes: number;
  readonly now: Date;
}

/**
 * Leaves out what is beyond the source's share of this hour. What it has sent before takes none of it: that is told as
 * duplicate as ever. A source may make as many mistakes beside; those beyond take of its share.
 */
export async function admitWithinLimit(
  trx: Transaction,
  source: Source,
  { observations, mistakes, now }: OfferedRows,
): Promise<Admission<Observation>> {
  const limit = source.maxObservationsPerHour;
  if (limit === undefined) return { admitted: observations, rejected: [] };
  const sent = await sentSince(trx, source.id, new Date(now.getTime() - HOUR_MS));
  const used = sent.observations + Math.max(0, sent.mistakes + mistakes - limit);
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
