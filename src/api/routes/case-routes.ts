import { Type } from "typebox";
import { caseStates, personKinds } from "../../cases/case-state.ts";
import type { Database, Queryable, Transaction } from "../../database/database.ts";
import { listMeasures } from "../../enforcement/measure-view-store.ts";
import { type CaseView, caseById, listCases } from "../../response/case-view-store.ts";
import { explainCase } from "../../response/explain-case.ts";
import type { PersonEvent } from "../../response/person-event.ts";
import { retryingConflicts } from "../../subscriber/retry-conflict.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { callerOf } from "../caller.ts";
import { type CaseAnswer, CaseShape } from "../case-shapes.ts";
import { ApiError } from "../errors.ts";
import { ExplanationShape } from "../explanation-shape.ts";
import { mayUse, rightForCaseEvent } from "../rights.ts";
import { closed, documented, Id, listQuery, NumberedId, oneOf, pageOf, pageRequest } from "../shapes.ts";

const MEASURES_SHOWN = 100;

/** The measures of a case, oldest first. */
async function withMeasures(on: Queryable, one: CaseView): Promise<CaseAnswer> {
  if (one.measures.length === 0) return { ...one, measures: [] };
  const { items } = await listMeasures(on, { caseId: one.id }, { limit: MEASURES_SHOWN });
  return { ...one, measures: items.toReversed() };
}

/** The newest cases of a subscriber, as their own call shows them. */
export async function casesOf(on: Queryable, subscriber: string, limit: number): Promise<CaseAnswer[]> {
  const { items } = await listCases(on, { subscriber }, { limit });
  return await inTurn(items, (one) => withMeasures(on, one));
}

async function inTurn<From, To>(items: readonly From[], work: (item: From) => Promise<To>): Promise<To[]> {
  const done: To[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}

const eventWords =
  "note, remediation-advised: kept in the timeline; release: lifts the case's measures; escalate: orders the playbook's next " +
  "stage; hold, resume: stops what goes by itself, and lets it go on; approve: approves the case's waiting measures; " +
  "close, reopen: ends the case, and takes it up again";

export interface CaseRouteDependencies {
  readonly database: Database;
  readonly now: () => Date;
  readonly postCaseEvent: (trx: Transaction, event: PersonEvent) => Promise<void>;
  readonly dispatcher: { wake(): void };
}

export function caseRoutes(app: Api, { database, now, postCaseEvent, dispatcher }: CaseRouteDependencies): void {
  const reading = { right: "cases:read" } as const;
  const tags = ["cases"];
  const params = closed({ id: NumberedId });

  const known = async (id: string): Promise<CaseAnswer> => {
    const found = await caseById(database, id);
    if (!found) throw new ApiError("unknown-case", `there is no case ${id}`);
    return await withMeasures(database, found);
  };

  const query = listQuery({
    state: Type.Optional(oneOf(caseStates, { description: "absent: all" })),
    subscriber: Type.Optional(documented(Id, "absent: all")),
    category: Type.Optional(Type.String({ maxLength: 60, description: "for example `botnet`; absent: all" })),
  });
  app.get(
    "/v1/cases",
    {
      config: reading,
      schema: {
        operationId: "listCases",
        tags,
        summary: "Cases, newest first",
        querystring: query,
        response: { 200: pageOf(CaseShape) },
      },
    },
    async (request) => {
      const { state, subscriber, category } = request.query;
      const { items, next } = await listCases(database, { state, subscriber, category }, pageRequest(request.query));
      return { items: await inTurn(items, (one) => withMeasures(database, one)), next };
    },
  );

  app.get(
    "/v1/cases/:id",
    {
      config: reading,
      schema: { operationId: "getCase", tags, summary: "One case", params, response: { 200: CaseShape } },
    },
    async (request) => await known(request.params.id),
  );

  app.get(
    "/v1/cases/:id/explain",
    {
      config: reading,
      schema: {
        operationId: "explainCase",
        tags,
        summary: "Why it is as it is: from the report's row to the packet's octets",
        description:
          "Each link of the chain: report, observation, attribution, rule, measure, packets, outcome, observed.",
        params,
        response: { 200: ExplanationShape },
      },
    },
    async (request) => {
      const explanation = await explainCase(database, request.params.id);
      if (!explanation) throw new ApiError("unknown-case", `there is no case ${request.params.id}`);
      return explanation;
    },
  );

  const body = closed(
    {
      type: oneOf(personKinds, { description: eventWords }),
      note: Type.Optional(Type.String({ maxLength: 5000, description: "kept in the timeline" })),
    },
    { title: "CaseEvent", examples: [{ type: "release", note: "the customer cleaned the machine" }] },
  );
  app.post(
    "/v1/cases/:id/events",
    {
      config: {
        right: "cases:help",
        problems: ["not-possible-now", "not-waiting", "not-a-person", "same-person"],
      },
      schema: {
        operationId: "postCaseEvent",
        tags,
        summary: "Says something of a case, and does what follows",
        description:
          "A key of role `helpdesk` may send note, remediation-advised and release; the other types take one of role " +
          "`operator`.",
        params,
        body,
        response: { 200: CaseShape },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { type, note } = request.body;
      const caller = callerOf(request);
      if (!mayUse(caller.role, rightForCaseEvent(type)))
        throw new ApiError("forbidden", `a key of role ${caller.role} may not ${type} a case`);
      const work = async (trx: Transaction) => {
        await postCaseEvent(trx, { caseId: id, type, note, by: caller.actor, now: now() });
        await recordAudit(trx, {
          ...actorOf(request),
          action: `case.${type}`,
          subject: `case:${id}`,
          detail: note === undefined ? {} : { note },
        });
      };
      await retryingConflicts(() => database.transaction(work));
      dispatcher.wake();
      return await known(id);
    },
  );
}
