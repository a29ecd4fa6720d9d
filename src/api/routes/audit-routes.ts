import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import type { Api } from "../api.ts";
import { type AuditFilter, listAudit } from "../audit-store.ts";
import { closed, GivenTime, listQuery, nullable, pageOf, pageRequest, Time } from "../shapes.ts";

const Entry = closed({
  id: Type.String(),
  at: Time,
  actor: Type.String(),
  actorName: nullable(Type.String()),
  action: Type.String(),
  subject: nullable(Type.String()),
  detail: Type.Record(Type.String(), Type.Unknown()),
});

const name = Type.Optional(Type.String({ maxLength: 300 }));

const query = listQuery({
  actor: name,
  action: name,
  subject: Type.Optional(Type.String({ maxLength: 300, description: "<kind>:<id>, for example subscriber:4711" })),
  from: Type.Optional(GivenTime),
  to: Type.Optional(GivenTime),
});

export function auditRoutes(app: Api, { database }: { readonly database: Queryable }): void {
  app.get(
    "/v1/audit",
    {
      config: { right: "audit:read" },
      schema: {
        tags: ["audit"],
        summary: "Who changed what, newest first",
        querystring: query,
        response: { 200: pageOf(Entry) },
      },
    },
    async (request) => {
      const { actor, action, subject, from, to } = request.query;
      const filter: AuditFilter = {
        ...(actor === undefined ? {} : { actor }),
        ...(action === undefined ? {} : { action }),
        ...(subject === undefined ? {} : { subject }),
        ...(from === undefined ? {} : { from: new Date(from) }),
        ...(to === undefined ? {} : { to: new Date(to) }),
      };
      return await listAudit(database, filter, pageRequest(request.query));
    },
  );
}
