import { Type } from "typebox";
import type { Queryable } from "../../database/database.ts";
import type { Api } from "../api.ts";
import { type AuditFilter, listAudit } from "../audit-store.ts";
import { givenMoment } from "../read-moment.ts";
import { anything, closed, documented, GivenTime, listQuery, nullable, pageOf, pageRequest, Time } from "../shapes.ts";

const Entry = closed(
  {
    id: Type.String(),
    at: Time,
    actor: Type.String({ description: "`key:` and the id of a key, or `command-line`" }),
    actorName: nullable(Type.String({ description: "the key's name" })),
    action: Type.String({ description: "`<thing>.<verb>`, for example `nas.put`" }),
    subject: nullable(Type.String({ description: "`<kind>:<id>`, for example `subscriber:4711`" })),
    detail: anything("how it was changed, mostly the fields before and after; never a secret"),
  },
  { title: "AuditEntry" },
);

const name = (description: string) => Type.Optional(Type.String({ maxLength: 300, description }));

const query = listQuery({
  actor: name("for example `key:admin`; absent: all"),
  action: name("for example `measure.order`; absent: all"),
  subject: name("for example `subscriber:4711`; absent: all"),
  from: Type.Optional(documented(GivenTime, "not before; absent: from the beginning")),
  to: Type.Optional(documented(GivenTime, "before; absent: until now")),
});

export function auditRoutes(app: Api, { database }: { readonly database: Queryable }): void {
  app.get(
    "/v1/audit",
    {
      config: { right: "audit:read" },
      schema: {
        operationId: "listAudit",
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
        ...(from === undefined ? {} : { from: givenMoment(from) }),
        ...(to === undefined ? {} : { to: givenMoment(to) }),
      };
      return await listAudit(database, filter, pageRequest(request.query));
    },
  );
}
