import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import { listObservations } from "../../response/observation-view-store.ts";
import type { Api } from "../api.ts";
import { ObservationShape } from "../observation-shape.ts";
import { documented, Id, listQuery, NumberedId, pageOf, pageRequest } from "../shapes.ts";

const query = listQuery({
  subscriber: Type.Optional(documented(Id, "absent: all")),
  case: Type.Optional(documented(NumberedId, "absent: all")),
  report: Type.Optional(Type.String({ format: "uuid", description: "absent: all" })),
});

export function observationRoutes(app: Api, { database }: { readonly database: Queryable }): void {
  app.get(
    "/v1/observations",
    {
      config: { right: "observations:read" },
      schema: {
        operationId: "listObservations",
        tags: ["reports"],
        summary: "Observations, newest first",
        querystring: query,
        response: { 200: pageOf(ObservationShape) },
      },
    },
    async (request) => {
      const { subscriber, case: caseId, report } = request.query;
      return await listObservations(database, { subscriber, case: caseId, report }, pageRequest(request.query));
    },
  );
}
