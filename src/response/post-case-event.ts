import { CaseError } from "../cases/case-error.ts";
import { addCaseEvents } from "../cases/case-event-store.ts";
import { nextState } from "../cases/case-state.ts";
import { type Case, lockCase, openTwin, writeStandings } from "../cases/case-store.ts";
import type { Transaction } from "../database/database.ts";
import { endOf, nextStage } from "../policy/decide.ts";
import { standingMeasuresOf } from "./case-measure-store.ts";
import { letOut } from "./let-out.ts";
import { type CaseEventDependencies, type Consequence, type PersonEvent, told } from "./person-event.ts";

const nothing: Consequence = { events: [] };

async function escalate(
  trx: Transaction,
  { impossibleHere, playbookFor, orderMeasure }: CaseEventDependencies,
  { subject, event }: { readonly subject: Case; readonly event: PersonEvent },
): Promise<Consequence> {
  const playbook = playbookFor(subject.category);
  const stage = nextStage(playbook, subject.stage);
  if (subject.subscriberId === null)
    throw new CaseError("not-possible-now", "nobody is named for sure in this case: there is nothing to escalate");
  if (!stage?.measure)
    throw new CaseError("not-possible-now", `playbook ${playbook.id} has no further stage that enforces anything`);
  if (impossibleHere.has(stage.measure.kind))
    throw new CaseError("not-possible-now", `${stage.measure.kind} can do nothing in this installation`);
  await orderMeasure(trx, {
    subscriberId: subject.subscriberId,
    detail: stage.measure,
    reason: event.note ?? `case ${subject.id} escalated to ${stage.name}`,
    caseId: subject.id,
    orderedBy: event.by,
    until: endOf(stage, event.now),
    now: event.now,
  });
  const change = { stage: stage.name, withheld: null, playbookId: playbook.id, playbookVersion: playbook.version };
  return { events: [], change };
}

/** Lets the case's waiting measures come into force, as far as this person may. */
async function approve(
  trx: Transaction,
  dependencies: CaseEventDependencies,
  { subject, event }: { readonly subject: Case; readonly event: PersonEvent },
): Promise<Consequence> {
  const waiting = (await standingMeasuresOf(trx, subject.id)).filter(({ state }) => state !== "active");
  if (waiting.length === 0) throw new CaseError("not-possible-now", "no measure of this case waits for approval");
  for (const { id } of waiting) await dependencies.approveMeasure(trx, { measureId: id, by: event.by, now: event.now });
  return nothing;
}

async function reopen(trx: Transaction, subject: Case): Promise<Consequence> {
  const twin = subject.state === "closed" ? await openTwin(trx, subject.id) : undefined;
  if (twin !== undefined) throw new CaseError("not-possible-now", `case ${twin} is open for the same matter already`);
  return nothing;
}

async function consequences(
  trx: Transaction,
  dependencies: CaseEventDependencies,
  about: { readonly subject: Case; readonly event: PersonEvent },
): Promise<Consequence> {
  switch (about.event.type) {
    case "release":
    case "close":
      return await letOut(trx, dependencies, about);
    case "escalate":
      return await escalate(trx, dependencies, about);
    case "approve":
      return await approve(trx, dependencies, about);
    case "reopen":
      return await reopen(trx, about.subject);
    case "note":
    case "remediation-advised":
    case "hold":
    case "resume":
      return nothing;
  }
}

/**
 * Does what somebody says of a case, and what follows: a release lifts its measures, and so does closing. Throws CaseError
 * unknown-case, not-possible-now, and what approving throws. Wake the dispatcher once it is committed.
 */
export async function postCaseEvent(
  trx: Transaction,
  dependencies: CaseEventDependencies,
  event: PersonEvent,
): Promise<void> {
  const subject = await lockCase(trx, event.caseId);
  if (!subject) throw new CaseError("unknown-case", `there is no case ${event.caseId}`);
  const state = nextState(subject.state, event.type);
  if (state === undefined)
    throw new CaseError("not-possible-now", `${event.type} cannot happen to a case that is ${subject.state}`);
  const own = { caseId: subject.id, kind: told[event.type], actor: event.by, note: event.note };
  await addCaseEvents(trx, [own], event.now);
  const { events, change, others = [] } = await consequences(trx, dependencies, { subject, event });
  await addCaseEvents(trx, events, event.now);
  const { id, stage, withheld } = subject;
  await writeStandings(trx, [{ id, stage, withheld, ...change, state }, ...others], event.now);
}
