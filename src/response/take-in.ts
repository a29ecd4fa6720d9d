import type { IsOwnAddress } from "../attribution/own-addresses.ts";
import type { Transaction } from "../database/database.ts";
import { fingerprint } from "../intake/fingerprint.ts";
import type { Observation, Rejection } from "../intake/observation.ts";
import type { Source } from "../intake/source.ts";
import { admitWithinLimit } from "./admit-observations.ts";
import { attributeAgain } from "./attribute-again.ts";
import { attributeObservations, turned } from "./attribute-observations.ts";
import { type ReportHead, storeObservations } from "./report-store.ts";
import { type ResponseDependencies, respondToEvidence } from "./respond-to-evidence.ts";
import { settleDoubts } from "./settle-doubts.ts";
import { type KnownClaim, knownClaims } from "./unattributed-store.ts";
import { type VerdictShare, verdictShares } from "./verdict-counts.ts";

export interface TakeInDependencies extends ResponseDependencies {
  readonly isOwnAddress: IsOwnAddress;
}

/** Some of a report's observations. */
export interface Portion {
  readonly source: Source;
  readonly head: ReportHead;
  readonly observations: readonly Observation[];
  /** In the whole report, as far as they are known. */
  readonly mistakes: number;
}

export interface Taken {
  readonly accepted: number;
  readonly duplicates: number;
  /** Of the duplicates: what nobody could be named for then, and is attributed by now. */
  readonly attributedLater: number;
  readonly verdicts: readonly VerdictShare[];
  readonly rejected: readonly Rejection[];
  readonly cases: readonly string[];
}

/** As it came and, where its format leaves that open, as made by the other end: as either it may have been stored. */
const printsOf = (observation: Observation): string[] => {
  const other = turned(observation);
  return [fingerprint(observation), ...(other ? [fingerprint(other)] : [])];
};

interface Sorted {
  readonly fresh: readonly Observation[];
  readonly known: readonly KnownClaim[];
}

/** Tells what the source has claimed before from what is new. */
async function sortOut(trx: Transaction, sourceId: string, observations: readonly Observation[]): Promise<Sorted> {
  const prints = observations.map(printsOf);
  const known = await knownClaims(trx, sourceId, prints.flat());
  const seen = new Set(known.map((claim) => claim.fingerprint));
  const fresh = observations.filter((_, index) => !prints[index]?.some((print) => seen.has(print)));
  return { fresh, known };
}

/** From observations to what follows from them: all of it, or nothing. */
export async function takeIn(
  trx: Transaction,
  dependencies: TakeInDependencies,
  { source, head, observations, mistakes }: Portion,
): Promise<Taken> {
  const { isOwnAddress } = dependencies;
  const now = head.receivedAt;
  const within = await admitWithinLimit(trx, source, { observations, mistakes, now });
  const { fresh, known } = await sortOut(trx, source.id, within.admitted);
  const ids = known.flatMap(({ id, isExact }) => (isExact ? [] : [id]));
  const by = `source:${source.id}`;
  const anew = await attributeAgain(trx, { ids, by, isOwnAddress, now });
  const { admitted: rows, rejected } = await attributeObservations(trx, fresh, isOwnAddress);
  const repeated = within.admitted.length - fresh.length;
  const stored = await storeObservations(trx, head, { rows, known: repeated });
  const reported = { reportId: head.id, sourceId: source.id, sourceTrust: source.trust, now };
  const cases = await respondToEvidence(trx, dependencies, { stored: [...stored, ...anew], reported });
  await settleDoubts(trx, { anew, by, now });
  return {
    accepted: stored.length,
    duplicates: rows.length - stored.length + repeated,
    attributedLater: anew.length,
    verdicts: verdictShares(stored),
    rejected: [...within.rejected, ...rejected],
    cases,
  };
}
