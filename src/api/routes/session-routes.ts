import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { readAddress } from "../../intake/read-address.ts";
import { listSessions } from "../../session/session-list-store.ts";
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import { SessionShape } from "../session-shape.ts";
import { closed, documented, Id, IpAddress, listQuery, NumberedId, oneOf, pageOf, pageRequest } from "../shapes.ts";

const query = listQuery({
  state: Type.Optional(oneOf(["open", "closed"], { description: "absent: both" })),
  subscriber: Type.Optional(documented(Id, "absent: all")),
  username: Type.Optional(Type.String({ minLength: 1, maxLength: 253, description: "exactly; absent: all" })),
  nas: Type.Optional(documented(Id, "absent: all")),
  ip: Type.Optional(documented(IpAddress, "an address that it has, or had if `state` is not `open`; absent: all")),
});

export function sessionRoutes(app: Api, { database }: { readonly database: Database }): void {
  const config = { right: "sessions:read" } as const;
  const tags = ["sessions"];

  app.get(
    "/v1/sessions",
    {
      config,
      schema: {
        operationId: "listSessions",
        tags,
        summary: "Sessions, newest first",
        querystring: query,
        response: { 200: pageOf(SessionShape) },
      },
    },
    async (request) => {
      const { state, subscriber, username, nas, ip } = request.query;
      const address = ip === undefined ? undefined : readAddress(ip);
      return await listSessions(
        database,
        {
          ...(state === undefined ? {} : { state }),
          ...(subscriber === undefined ? {} : { subscriber }),
          ...(username === undefined ? {} : { username }),
          ...(nas === undefined ? {} : { nas }),
          ...(address?.ok ? { ip: address.value } : {}),
        },
        pageRequest(request.query),
      );
    },
  );

  app.get(
    "/v1/sessions/:id",
    {
      config,
      schema: {
        operationId: "getSession",
        tags,
        summary: "One session",
        params: closed({ id: NumberedId }),
        response: { 200: SessionShape },
      },
    },
    async (request) => {
      const { items } = await listSessions(database, { id: request.params.id }, { limit: 1 });
      if (!items[0]) throw new ApiError("unknown-session", `there is no session ${request.params.id}`);
      return items[0];
    },
  );
}
