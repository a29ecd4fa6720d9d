import type { CaseEvent } from "../cases/case-event-store.ts";
import { type Case, type CaseStanding, lockOtherCases } from "../cases/case-store.ts";
import type { Transaction } from "../database/database.ts";
import { lockBreakers } from "../enforcement/breaker-store.ts";
import { standingMeasuresOf } from "./case-measure-store.ts";
import { type CaseEventDependencies, type Consequence, type PersonEvent, told } from "./person-event.ts";
import { type Heir, heirsTo, takeOver } from "./take-over.ts";

/** Who may take over what ends. Their orders are automatic, and those take the breakers' lock before a subscriber's. */
async function heirsOf(
  trx: Transaction,
  dependencies: CaseEventDependencies,
  { subject, kinds }: { readonly subject: Case; readonly kinds: ReadonlySet<string> },
): Promise<Heir[]> {
  if (kinds.size === 0) return [];
  const heirs = await heirsTo(trx, dependencies, { others: await lockOtherCases(trx, subject), kinds });
  if (heirs.length > 0) await lockBreakers(trx);
  return heirs;
}

/**
 * Lifts what a case made hold; measures of other cases stay. What a breaker held was never in force, so nobody takes it
 * over: the other case's next evidence asks the breaker anew.
 */
export async function letOut(
  trx: Transaction,
  dependencies: CaseEventDependencies,
  { subject, event }: { readonly subject: Case; readonly event: PersonEvent },
): Promise<Consequence> {
  const events: CaseEvent[] = [];
  const others: CaseStanding[] = [];
  const standing = await standingMeasuresOf(trx, subject.id);
  const kinds = new Set(standing.filter(({ state }) => state === "active").map(({ kind }) => kind));
  const heirs = await heirsOf(trx, dependencies, { subject, kinds });
  for (const { kind, subscriberId } of standing) {
    const reason = `case ${subject.id} ${told[event.type]}`;
    const lifted = await dependencies.liftMeasure(trx, { subscriberId, kind, by: event.by, reason, now: event.now });
    if (!lifted) continue;
    if (!kinds.has(kind)) continue;
    const succession = await takeOver(trx, dependencies, { lifted, heirs, now: event.now });
    events.push(...succession.events);
    others.push(...succession.standings);
  }
  return { events, change: { withheld: null, releasedAt: event.now }, others };
}
