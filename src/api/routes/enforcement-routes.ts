import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import { type EnforcementView, listEnforcements } from "../../enforcement/enforcement-view-store.ts";
import type { Api } from "../api.ts";
import { Outcome } from "../measure-shapes.ts";
import { packetFields } from "../packet-fields.ts";
import { closed, documented, Id, listQuery, NumberedId, nullable, pageOf, pageRequest } from "../shapes.ts";

const Enforcement = Type.Unsafe<EnforcementView>(
  closed(
    {
      ...packetFields,
      subscriber: nullable(Type.String()),
      step: Type.Integer({ description: "which request this is of those that one change of a session takes, from 0" }),
      steps: Type.Integer({ description: "how many requests that change takes" }),
    },
    { title: "Enforcement", description: "One request to a NAS, or answer to one of its own, and its outcome" },
  ),
);

const query = listQuery({
  subscriber: Type.Optional(documented(Id, "absent: all")),
  nas: Type.Optional(documented(Id, "absent: all")),
  session: Type.Optional(documented(NumberedId, "absent: all")),
  outcome: Type.Optional(documented(Outcome, "absent: all, those under way too")),
});

export function enforcementRoutes(app: Api, { database }: { readonly database: Queryable }): void {
  app.get(
    "/v1/enforcements",
    {
      config: { right: "measures:read" },
      schema: {
        operationId: "listEnforcements",
        tags: ["measures"],
        summary: "Each request to a NAS and its outcome, newest first",
        querystring: query,
        response: { 200: pageOf(Enforcement) },
      },
    },
    async (request) => {
      const { subscriber, nas, session, outcome } = request.query;
      const filter = {
        ...(subscriber === undefined ? {} : { subscriberId: subscriber }),
        ...(nas === undefined ? {} : { nasId: nas }),
        ...(session === undefined ? {} : { sessionId: session }),
        ...(outcome === undefined ? {} : { outcome }),
      };
      return await listEnforcements(database, filter, pageRequest(request.query));
    },
  );
}
