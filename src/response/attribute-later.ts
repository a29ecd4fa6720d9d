import type { IsOwnAddress } from "../attribution/own-addresses.ts";
import type { Database, Queryable, Transaction } from "../database/database.ts";
import type { Source } from "../intake/source.ts";
import { sourceById } from "../intake/source-store.ts";
import { retryingConflicts } from "../subscriber/retry-conflict.ts";
import { attributeAgain, type Clarified, clarified } from "./attribute-again.ts";
import { chunksOf } from "./chunks-of.ts";
import { holdIfSuspect } from "./hold-suspect-report.ts";
import { type ResponseDependencies, respondToEvidence } from "./respond-to-evidence.ts";
import { settleDoubts } from "./settle-doubts.ts";
import { sessionsNamedBy, type Unattributed, unattributedSince } from "./unattributed-store.ts";

export interface LaterDependencies extends ResponseDependencies {
  readonly database: Database;
  readonly isOwnAddress: IsOwnAddress;
  /** Called after each commit: what was ordered can be carried out. */
  readonly committed: () => void;
}

/** Which observations are looked at. */
export interface LaterPortion {
  /** Received since then. */
  readonly since: Date;
  readonly rows: { readonly after: string; readonly limit: number };
  readonly now: Date;
  /** On whose account: "job:attribute". */
  readonly by: string;
}

export interface LaterDone {
  /** How many are attributed by now. */
  readonly found: number;
  /** The last id looked at; undefined: there are no more. */
  readonly last: string | undefined;
}

const ROWS_AT_ONCE = 250;
/** Sessions of a report that count for its share of a NAS's customers. */
const MOST_SESSIONS_NAMED = 50_000;

interface ReportClarified {
  readonly reportId: string;
  readonly source: Source;
  readonly rows: readonly Clarified[];
}

/** A report whose rows are only now known to name a third of a NAS's customers is as wrong as one that did at once. */
async function holdWhereSuspect(
  dependencies: LaterDependencies,
  { reportId, source, rows }: ReportClarified,
  now: Date,
): Promise<void> {
  const sure = rows.filter(({ found }) => found.attribution.verdict === "exact");
  const named = {
    source,
    observations: sure.map(({ found }) => found.observation),
    now,
    sessionsOf: async (on: Queryable) => [
      ...sure.flatMap(({ found }) => found.attribution.session ?? []),
      ...(await sessionsNamedBy(on, reportId, MOST_SESSIONS_NAMED)),
    ],
  };
  await holdIfSuspect(dependencies, named);
}

/** Attributes some of a report's observations anew, and does what follows: all of it, or nothing. */
async function takeUp(
  trx: Transaction,
  dependencies: LaterDependencies,
  { reportId, source, rows, now, by }: ReportClarified & Pick<LaterPortion, "now" | "by">,
): Promise<number> {
  const { isOwnAddress } = dependencies;
  const anew = await attributeAgain(trx, { ids: rows.map(({ id }) => id), by, isOwnAddress, now });
  const reported = { reportId, sourceId: source.id, sourceTrust: source.trust, now };
  await respondToEvidence(trx, dependencies, { stored: anew, reported });
  await settleDoubts(trx, { anew, by, now });
  return anew.length;
}

/** Which of them are surer by now, without locking anything. */
async function surerOf(
  { database, isOwnAddress }: LaterDependencies,
  rows: readonly Unattributed[],
  now: Date,
): Promise<Clarified[]> {
  const surer: Clarified[] = [];
  for (const some of chunksOf(rows, ROWS_AT_ONCE))
    surer.push(...(await clarified(database, some, { isOwnAddress, now })));
  return surer;
}

/**
 * Asks again of observations that named nobody for sure when they were received: accounting may have come since. What is
 * known by now is answered as a new report would be, once. Reports whose source is gone are left.
 */
export async function attributeLater(dependencies: LaterDependencies, portion: LaterPortion): Promise<LaterDone> {
  const { database, committed } = dependencies;
  const { since, rows: wanted, now, by } = portion;
  const looked = await unattributedSince(database, since, wanted);
  const byReport = Map.groupBy(await surerOf(dependencies, looked, now), ({ before }) => before.reportId);
  let found = 0;
  for (const [reportId, rows] of byReport) {
    const source = await sourceById(database, rows[0]?.before.sourceId ?? "");
    if (!source) continue;
    await holdWhereSuspect(dependencies, { reportId, source, rows }, now);
    for (const some of chunksOf(rows, ROWS_AT_ONCE)) {
      const work = (trx: Transaction) => takeUp(trx, dependencies, { reportId, source, rows: some, now, by });
      found += await retryingConflicts(() => database.transaction(work));
      committed();
    }
  }
  return { found, last: looked.length < wanted.limit ? undefined : looked.at(-1)?.id };
}
