import { addCaseEvents, type CaseEvent } from "../cases/case-event-store.ts";
import { openCases, takeBackCases, writeStandings } from "../cases/case-store.ts";
import type { Transaction } from "../database/database.ts";
import type { orderMeasure } from "../enforcement/order-measure.ts";
import type { PlaybookFor } from "../policy/built-in-playbooks.ts";
import { ConflictError } from "../subscriber/retry-conflict.ts";
import { evidenceEvent, type GrownCase, seenAt } from "./case-evidence.ts";
import { type EvidenceContext, evidenceContexts, type Matter } from "./evidence-context-store.ts";
import { type EvidenceGroup, evidenceGroups } from "./evidence-group.ts";
import {
  decisionEvent,
  type Judgement,
  judgeCase,
  orderOf,
  type Reported,
  standingAfter,
  withheldAfterAll,
} from "./judge-case.ts";
import { linkObservations, type StoredObservation } from "./report-store.ts";

export type OrderMeasure = typeof orderMeasure;

export interface ResponseDependencies {
  readonly playbookFor: PlaybookFor;
  /** Kinds of measures that can do nothing here: no playbook orders them. */
  readonly impossibleHere: ReadonlySet<string>;
  readonly orderMeasure: OrderMeasure;
}

const keyOf = (subscriberId: string, category: string): string => JSON.stringify([subscriberId, category]);

const matterOf = ({ subject, category }: EvidenceGroup): Matter | undefined =>
  subject.kind === "subscriber" ? { subscriberId: subject.subscriberId, category } : undefined;

async function contextsByKey(
  trx: Transaction,
  groups: readonly EvidenceGroup[],
): Promise<Map<string, EvidenceContext>> {
  const matters = groups.flatMap((group) => matterOf(group) ?? []);
  const contexts = matters.length > 0 ? await evidenceContexts(trx, matters) : [];
  return new Map(contexts.map((context) => [keyOf(context.subscriberId, context.category), context]));
}

/**
 * Gives each group its case, locked, and only then looks at what is known: nobody closes or holds it meanwhile. Throws
 * ConflictError where a subscriber was removed or merged since the attribution, which is then to be asked anew.
 */
async function growCases(trx: Transaction, groups: readonly EvidenceGroup[], now: Date): Promise<GrownCase[]> {
  const [opened, contexts] = await Promise.all([openCases(trx, groups, now), contextsByKey(trx, groups)]);
  const byKey = new Map(opened.map((one) => [one.doubt ?? keyOf(one.subscriberId ?? "", one.category), one]));
  return groups.flatMap((group) => {
    const { subject, category } = group;
    const key = subject.kind === "doubt" ? subject.doubt : keyOf(subject.subscriberId, category);
    const found = byKey.get(key);
    const context = contexts.get(key);
    if (subject.kind === "subscriber" && !(found && context))
      throw new ConflictError(`subscriber ${subject.subscriberId} was just removed`);
    return found ? [{ case: found, group, context }] : [];
  });
}

/** Late evidence, and the closed case that it belongs to. */
interface LateEvidence {
  readonly caseId: string;
  readonly group: EvidenceGroup;
}

/** The closed case that evidence belongs to which is older than that case's end: it opens nothing again. */
function closedCaseOf({ case: { isNew }, group, context }: GrownCase): string | undefined {
  if (!context?.letGoAt || !isNew || context.pastCaseId === null) return undefined;
  const { letGoAt, pastCaseId } = context;
  return group.observations.every((observation) => seenAt(observation) <= letGoAt) ? pastCaseId : undefined;
}

/** Takes back the cases that late evidence opened in vain; returns the others, and where that evidence belongs. */
async function keepLive(trx: Transaction, grown: readonly GrownCase[]) {
  const late = grown.flatMap((one): LateEvidence[] => {
    const caseId = closedCaseOf(one);
    return caseId === undefined ? [] : [{ caseId, group: one.group }];
  });
  const isLive = (one: GrownCase) => closedCaseOf(one) === undefined;
  const vain = grown.filter((one) => !isLive(one)).map((one) => one.case.id);
  await takeBackCases(trx, vain);
  return { late, live: grown.filter(isLive) };
}

const bySubscriber = (a: Judgement, b: Judgement): number =>
  (a.grown.case.subscriberId ?? "") < (b.grown.case.subscriberId ?? "") ? -1 : 1;

interface CarriedOut {
  readonly events: readonly CaseEvent[];
  readonly judgements: readonly Judgement[];
}

/** One after another, subscribers in ascending order: so that two reports at once never wait for each other in a ring. */
async function carryOut(
  trx: Transaction,
  judgements: readonly Judgement[],
  { reported, orderMeasure }: { readonly reported: Reported; readonly orderMeasure: OrderMeasure },
): Promise<CarriedOut> {
  const events: CaseEvent[] = [];
  const carriedOut: Judgement[] = [];
  for (const judgement of [...judgements].sort(bySubscriber)) {
    const order = orderOf(judgement, reported);
    const answer = order && (await orderMeasure(trx, order));
    const final = answer?.kind === "withheld" ? withheldAfterAll(judgement, answer) : judgement;
    const event = decisionEvent(final, reported, answer?.kind === "ordered" ? answer : undefined);
    if (event) events.push(event);
    carriedOut.push(final);
  }
  return { events, judgements: carriedOut };
}

/**
 * Opens or grows the cases that new observations belong to, asks their playbooks, orders measures. Returns the cases. May
 * throw ConflictError: run the transaction, attribution included, through retryingConflicts.
 */
export async function respondToEvidence(
  trx: Transaction,
  dependencies: ResponseDependencies,
  { stored, reported }: { readonly stored: readonly StoredObservation[]; readonly reported: Reported },
): Promise<string[]> {
  const groups = evidenceGroups(stored, reported.sourceId);
  if (groups.length === 0) return [];
  const { late, live } = await keepLive(trx, await growCases(trx, groups, reported.now));
  const { impossibleHere, playbookFor } = dependencies;
  const judged = live.map((one) =>
    judgeCase(one, { playbook: playbookFor(one.case.category), impossibleHere }, reported),
  );
  const homes = [...late, ...live.map((one) => ({ caseId: one.case.id, group: one.group }))];
  const links = homes.flatMap(({ caseId, group }) =>
    group.observations.map(({ id }) => ({ observationId: id, caseId })),
  );
  const [{ events, judgements }] = await Promise.all([
    carryOut(trx, judged, { reported, orderMeasure: dependencies.orderMeasure }),
    linkObservations(trx, links),
  ]);
  const evidence = [
    ...late.map(({ caseId, group }) => evidenceEvent({ caseId, group, kind: "late-evidence", reported })),
    ...judged.map(({ grown: one, kind }) => evidenceEvent({ caseId: one.case.id, group: one.group, kind, reported })),
  ];
  const standings = judgements.flatMap((judgement) => standingAfter(judgement) ?? []);
  await Promise.all([
    addCaseEvents(trx, [...evidence, ...events], reported.now),
    writeStandings(trx, standings, reported.now),
  ]);
  return homes.map(({ caseId }) => caseId);
}
