import { addCaseEvents, type CaseEvent } from "../cases/case-event-store.ts";
import { type CaseStanding, lockCase, writeStandings } from "../cases/case-store.ts";
import type { Transaction } from "../database/database.ts";
import { ConflictError } from "../subscriber/retry-conflict.ts";
import { hasObservations } from "./observation-view-store.ts";
import type { StoredObservation } from "./report-store.ts";

/** Observations that were attributed anew, and on whose account. */
export interface Settled {
  readonly anew: readonly StoredObservation[];
  readonly by: string;
  readonly now: Date;
}

const SHOWN = 20;

interface Left {
  readonly events: readonly CaseEvent[];
  readonly standing?: CaseStanding;
}

/** What a case in doubt is told of the observations that left it. */
async function leave(trx: Transaction, caseId: string, { anew, by }: Settled): Promise<Left> {
  const found = await lockCase(trx, caseId);
  // A person let go of it, or holds it, since it was looked at: then these observations stay in doubt.
  if (found?.state !== "open") throw new ConflictError(`case ${caseId} was just decided upon`);
  const ids = anew.map(({ id }) => id);
  const count = ids.length === 1 ? "an observation is" : `${ids.length} observations are`;
  const note = `${count} attributed for sure by records that came later`;
  const told = { caseId, kind: "attributed-later", actor: by, note, detail: { observations: ids.slice(0, SHOWN) } };
  if (await hasObservations(trx, caseId)) return { events: [told] };
  const { id, stage, withheld } = found;
  const closed = { caseId, kind: "closed", actor: by, note: "none of its observations is in doubt any more" };
  return { events: [told, closed], standing: { id, stage, withheld, state: "closed" } };
}

/**
 * Once observations that are attributed anew are in their own cases: tells the cases in which they were in doubt, and
 * closes those of which nothing is left. May throw ConflictError: run the transaction through retryingConflicts.
 */
export async function settleDoubts(trx: Transaction, settled: Settled): Promise<void> {
  const moved = settled.anew.filter(({ earlier }) => typeof earlier?.caseId === "string");
  const byCase = [...Map.groupBy(moved, ({ earlier }) => earlier?.caseId ?? "")];
  const left: Left[] = [];
  for (const [caseId, anew] of byCase.sort(([a], [b]) => Number(a) - Number(b)))
    left.push(await leave(trx, caseId, { ...settled, anew }));
  await addCaseEvents(
    trx,
    left.flatMap(({ events }) => events),
    settled.now,
  );
  await writeStandings(
    trx,
    left.flatMap(({ standing }) => standing ?? []),
    settled.now,
  );
}
