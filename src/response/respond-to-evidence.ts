import { addCaseEvents, type CaseEvent } from "../cases/case-event-store.ts";
import { openCases, writeStandings } from "../cases/case-store.ts";
import type { Transaction } from "../database/database.ts";
import type { MeasureOrder, MeasureOrdered } from "../enforcement/order-measure.ts";
import type { PlaybookFor } from "../policy/built-in-playbooks.ts";
import { evidenceEvent, type GrownCase, seenAt } from "./case-evidence.ts";
import { type EvidenceContext, evidenceContexts, type Matter } from "./evidence-context-store.ts";
import { type EvidenceGroup, evidenceGroups } from "./evidence-group.ts";
import { decisionEvent, type Judgement, judgeCase, orderOf, type Reported, standingAfter } from "./judge-case.ts";
import { linkObservations, type StoredObservation } from "./report-store.ts";

export type OrderMeasure = (trx: Transaction, order: MeasureOrder) => Promise<MeasureOrdered>;

export interface ResponseDependencies {
  readonly playbookFor: PlaybookFor;
  readonly orderMeasure: OrderMeasure;
}

const keyOf = (subscriberId: string, category: string): string => JSON.stringify([subscriberId, category]);

const matterOf = ({ subject, category }: EvidenceGroup): Matter | undefined =>
  subject.kind === "subscriber" ? { subscriberId: subject.subscriberId, category } : undefined;

/** New evidence with what is known of its matter; a case without subscriber has no such context. */
interface KnownGroup {
  readonly group: EvidenceGroup;
  readonly context: EvidenceContext | undefined;
}

async function withContexts(trx: Transaction, groups: readonly EvidenceGroup[]): Promise<KnownGroup[]> {
  const matters = groups.flatMap((group) => matterOf(group) ?? []);
  const contexts = matters.length > 0 ? await evidenceContexts(trx, matters) : [];
  const byKey = new Map(contexts.map((context) => [keyOf(context.subscriberId, context.category), context]));
  return groups.flatMap((group): KnownGroup[] => {
    if (group.subject.kind === "doubt") return [{ group, context: undefined }];
    const context = byKey.get(keyOf(group.subject.subscriberId, group.category));
    // Without one, the subscriber was removed since the attribution: there is nobody to open a case for.
    return context ? [{ group, context }] : [];
  });
}

/** The closed case that evidence belongs to which is older than that case's end: it opens nothing again. */
function closedCaseOf({ group, context }: KnownGroup): string | undefined {
  if (!context?.letGoAt || context.hasOpenCase || context.pastCaseId === null) return undefined;
  const { letGoAt, pastCaseId } = context;
  return group.observations.every((observation) => seenAt(observation) <= letGoAt) ? pastCaseId : undefined;
}

async function growCases(trx: Transaction, known: readonly KnownGroup[], now: Date): Promise<GrownCase[]> {
  const opened = await openCases(
    trx,
    known.map(({ group }) => group),
    now,
  );
  const byKey = new Map(opened.map((one) => [one.doubt ?? keyOf(one.subscriberId ?? "", one.category), one]));
  return known.flatMap(({ group, context }) => {
    const { subject, category } = group;
    const found = byKey.get(subject.kind === "doubt" ? subject.doubt : keyOf(subject.subscriberId, category));
    return found ? [{ case: found, group, context }] : [];
  });
}

const bySubscriber = (a: Judgement, b: Judgement): number =>
  (a.grown.case.subscriberId ?? "") < (b.grown.case.subscriberId ?? "") ? -1 : 1;

/** One after another, subscribers in ascending order: so that two reports at once never wait for each other in a ring. */
async function carryOut(
  trx: Transaction,
  judgements: readonly Judgement[],
  { reported, orderMeasure }: { readonly reported: Reported; readonly orderMeasure: OrderMeasure },
): Promise<CaseEvent[]> {
  const events: CaseEvent[] = [];
  for (const judgement of [...judgements].sort(bySubscriber)) {
    const order = orderOf(judgement, reported);
    const ordered = order && (await orderMeasure(trx, order));
    const event = decisionEvent(judgement, reported, ordered);
    if (event) events.push(event);
  }
  return events;
}

/** Opens or grows the cases that new observations belong to, asks their playbooks, orders measures. Returns the cases. */
export async function respondToEvidence(
  trx: Transaction,
  dependencies: ResponseDependencies,
  { stored, reported }: { readonly stored: readonly StoredObservation[]; readonly reported: Reported },
): Promise<string[]> {
  const groups = evidenceGroups(stored, reported.sourceId);
  if (groups.length === 0) return [];
  const known = await withContexts(trx, groups);
  const late = known.flatMap((one) => {
    const caseId = closedCaseOf(one);
    return caseId === undefined ? [] : [{ caseId, group: one.group }];
  });
  const live = known.filter((one) => closedCaseOf(one) === undefined);
  const grown = await growCases(trx, live, reported.now);
  const judgements = grown.map((one) => judgeCase(one, dependencies.playbookFor(one.case.category), reported));
  const homes = [...late, ...grown.map((one) => ({ caseId: one.case.id, group: one.group }))];
  const links = homes.flatMap(({ caseId, group }) =>
    group.observations.map(({ id }) => ({ observationId: id, caseId })),
  );
  await linkObservations(trx, links);
  const decisions = await carryOut(trx, judgements, { reported, orderMeasure: dependencies.orderMeasure });
  const evidence = [
    ...late.map(({ caseId, group }) => evidenceEvent({ caseId, group, kind: "late-evidence", reported })),
    ...judgements.map(({ grown: one, kind }) =>
      evidenceEvent({ caseId: one.case.id, group: one.group, kind, reported }),
    ),
  ];
  await addCaseEvents(trx, [...evidence, ...decisions], reported.now);
  const standings = judgements.flatMap((judgement) => standingAfter(judgement) ?? []);
  await writeStandings(trx, standings, reported.now);
  return homes.map(({ caseId }) => caseId);
}
