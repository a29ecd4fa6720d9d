import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { listMeasures, measureViewOfKind } from "../../enforcement/measure-view-store.ts";
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import { knownMeasure } from "../known-measure.ts";
import { MeasureKindParam } from "../measure-order.ts";
import { MeasureShape } from "../measure-shapes.ts";
import { measureFilterStates, measuresInState } from "../measures-in-state.ts";
import { closed, documented, Id, listQuery, NumberedId, oneOf, pageOf, pageRequest } from "../shapes.ts";

/** Reading measures; src/api/routes/measure-order-routes.ts orders them. */
export function measureRoutes(app: Api, { database }: { readonly database: Database }): void {
  const config = { right: "measures:read" } as const;
  const tags = ["measures"];

  const query = listQuery({
    subscriber: Type.Optional(documented(Id, "absent: all")),
    kind: Type.Optional(documented(MeasureKindParam, "absent: all")),
    case: Type.Optional(documented(NumberedId, "absent: all")),
    state: Type.Optional(
      oneOf(measureFilterStates, {
        description: "absent: all, those that are over too; active: pending, in force, partial or failed",
      }),
    ),
    heldBy: Type.Optional(Type.String({ maxLength: 300, description: "the id of a breaker; absent: all" })),
  });
  app.get(
    "/v1/measures",
    {
      config,
      schema: {
        operationId: "listMeasures",
        tags,
        summary: "Measures, newest first",
        description: "Narrowed by state, a page may hold fewer than its limit, or none, and yet have a next one.",
        querystring: query,
        response: { 200: pageOf(MeasureShape) },
      },
    },
    async (request) => {
      const { subscriber, kind, case: caseId, state, heldBy } = request.query;
      const filter = {
        ...(subscriber === undefined ? {} : { subscriberId: subscriber }),
        ...(kind === undefined ? {} : { kind }),
        ...(caseId === undefined ? {} : { caseId }),
        ...(heldBy === undefined ? {} : { heldBy }),
      };
      const page = pageRequest(request.query);
      return state === undefined
        ? await listMeasures(database, filter, page)
        : await measuresInState(database, { ...filter, state }, page);
    },
  );

  app.get(
    "/v1/measures/:id",
    {
      config,
      schema: {
        operationId: "getMeasure",
        tags,
        summary: "One measure",
        params: closed({ id: NumberedId }),
        response: { 200: MeasureShape },
      },
    },
    async (request) => await knownMeasure(database, request.params.id),
  );

  app.get(
    "/v1/subscribers/:id/measures/:kind",
    {
      config,
      schema: {
        operationId: "getSubscriberMeasure",
        tags,
        summary: "The newest measure of this kind",
        description: "Also one that is over.",
        params: closed({ id: Id, kind: MeasureKindParam }),
        response: { 200: MeasureShape },
      },
    },
    async (request) => {
      const { id, kind } = request.params;
      const measure = await measureViewOfKind(database, { subscriberId: id, kind });
      if (!measure) throw new ApiError("unknown-measure", `subscriber ${id} never had the measure ${kind}`);
      return measure;
    },
  );
}
