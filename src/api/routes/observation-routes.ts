import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import { severities } from "../../intake/category.ts";
import { listObservations, type ObservationView } from "../../response/observation-view-store.ts";
import type { Api } from "../api.ts";
import { closed, Id, listQuery, NumberedId, nullable, pageOf, pageRequest, Time } from "../shapes.ts";

const text = Type.String();

/** An observation as the API shows it. */
export const ObservationShape = Type.Unsafe<ObservationView>(
  closed({
    id: text,
    report: text,
    row: Type.Integer({ description: "its record's number in the report" }),
    source: text,
    at: Time,
    until: nullable(Time),
    ip: text,
    port: nullable(Type.Integer()),
    protocol: nullable(text),
    category: text,
    severity: Type.Enum([...severities]),
    name: nullable(text),
    description: nullable(text),
    evidence: Type.Unknown(),
    verdict: Type.Enum(["exact", "ambiguous", "none"]),
    reason: text,
    candidates: Type.Array(closed({ subscriber: nullable(text), session: text, from: Time, to: nullable(Time) })),
    subscriber: nullable(text),
    session: nullable(text),
    case: nullable(text),
    receivedAt: Time,
  }),
);

const query = listQuery({
  subscriber: Type.Optional(Id),
  case: Type.Optional(NumberedId),
  report: Type.Optional(Type.String({ format: "uuid" })),
});

export function observationRoutes(app: Api, { database }: { readonly database: Queryable }): void {
  app.get(
    "/v1/observations",
    {
      config: { right: "observations:read" },
      schema: {
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
