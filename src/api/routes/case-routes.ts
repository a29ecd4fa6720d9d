import { Type } from "typebox";
import { caseStates, personKinds } from "../../cases/case-state.ts";
import type { Database, Queryable, Transaction } from "../../database/database.ts";
import type { MeasureView } from "../../enforcement/measure-view.ts";
import { listMeasures } from "../../enforcement/measure-view-store.ts";
import { severities } from "../../intake/category.ts";
import { type CaseView, caseById, listCases } from "../../response/case-view-store.ts";
import { explainCase } from "../../response/explain-case.ts";
import type { PersonEvent } from "../../response/person-event.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import { MeasureShape } from "../measure-shapes.ts";
import { mayUse, rightForCaseEvent } from "../rights.ts";
import { closed, Id, listQuery, NumberedId, nullable, pageOf, pageRequest, Time } from "../shapes.ts";
import { ObservationShape } from "./observation-routes.ts";

const text = Type.String();

/** A case with its measures in the shape of their own calls. */
export type CaseAnswer = Omit<CaseView, "measures"> & { readonly measures: readonly MeasureView[] };

export const CaseShape = Type.Unsafe<CaseAnswer>(
  closed({
    id: text,
    subscriber: nullable(text),
    category: text,
    severity: Type.Enum([...severities]),
    state: Type.Enum([...caseStates]),
    stage: nullable(text),
    withheld: nullable(text),
    playbook: nullable(closed({ id: text, version: Type.Integer() })),
    deadlineAt: nullable(Time),
    openedAt: Time,
    updatedAt: Time,
    releasedAt: nullable(Time),
    closedAt: nullable(Time),
    timeline: Type.Array(closed({ at: Time, kind: text, actor: text, note: nullable(text), detail: Type.Unknown() })),
    observations: Type.Array(ObservationShape),
    measures: Type.Array(MeasureShape),
  }),
);

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
    state: Type.Optional(Type.Enum([...caseStates])),
    subscriber: Type.Optional(Id),
    category: Type.Optional(Type.String({ maxLength: 60 })),
  });
  app.get(
    "/v1/cases",
    {
      config: reading,
      schema: { tags, summary: "Cases, newest first", querystring: query, response: { 200: pageOf(CaseShape) } },
    },
    async (request) => {
      const { state, subscriber, category } = request.query;
      const { items, next } = await listCases(database, { state, subscriber, category }, pageRequest(request.query));
      return { items: await inTurn(items, (one) => withMeasures(database, one)), next };
    },
  );

  app.get(
    "/v1/cases/:id",
    { config: reading, schema: { tags, summary: "One case", params, response: { 200: CaseShape } } },
    async (request) => await known(request.params.id),
  );

  app.get(
    "/v1/cases/:id/explain",
    { config: reading, schema: { tags, summary: "From the report's row to the packet's octets", params } },
    async (request) => {
      const explanation = await explainCase(database, request.params.id);
      if (!explanation) throw new ApiError("unknown-case", `there is no case ${request.params.id}`);
      return explanation;
    },
  );

  const body = closed({ type: Type.Enum([...personKinds]), note: Type.Optional(Type.String({ maxLength: 5000 })) });
  app.post(
    "/v1/cases/:id/events",
    {
      config: { right: "cases:help" },
      schema: {
        tags,
        summary: "Says something of a case, and does what follows",
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
      await database.transaction(async (trx) => {
        await postCaseEvent(trx, { caseId: id, type, note, by: caller.actor, now: now() });
        await recordAudit(trx, {
          ...actorOf(request),
          action: `case.${type}`,
          subject: `case:${id}`,
          detail: note === undefined ? {} : { note },
        });
      });
      dispatcher.wake();
      return await known(id);
    },
  );
}
