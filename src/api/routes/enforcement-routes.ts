import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import { type EnforcementView, listEnforcements } from "../../enforcement/enforcement-view-store.ts";
import type { Api } from "../api.ts";
import { Outcome } from "../measure-shapes.ts";
import { closed, Id, listQuery, NumberedId, nullable, pageOf, pageRequest, Time } from "../shapes.ts";

const text = Type.String();
const hex = nullable(Type.String({ pattern: "^([0-9a-f]{2})*$" }));

const Enforcement = Type.Unsafe<EnforcementView>(
  closed({
    id: text,
    subscriber: nullable(text),
    session: nullable(text),
    nas: text,
    kind: Type.Enum(["coa", "disconnect", "access"]),
    reason: text,
    requestedAt: Time,
    sentAt: nullable(Time),
    answeredAt: nullable(Time),
    attempts: Type.Integer(),
    outcome: nullable(Outcome),
    errorCause: nullable(Type.Integer({ description: "RFC 5176 section 3.6" })),
    request: hex,
    response: hex,
    step: Type.Integer(),
    steps: Type.Integer(),
    attributes: nullable(
      Type.Array(closed({ name: text, tag: Type.Optional(Type.Integer()), value: Type.Union([text, Type.Number()]) })),
    ),
  }),
);

const query = listQuery({
  subscriber: Type.Optional(Id),
  nas: Type.Optional(Id),
  session: Type.Optional(NumberedId),
  outcome: Type.Optional(Outcome),
});

export function enforcementRoutes(app: Api, { database }: { readonly database: Queryable }): void {
  app.get(
    "/v1/enforcements",
    {
      config: { right: "measures:read" },
      schema: {
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
