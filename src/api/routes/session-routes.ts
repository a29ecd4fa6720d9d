import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { readAddress } from "../../intake/read-address.ts";
import { listSessions } from "../../session/session-list-store.ts";
import type { SessionView } from "../../session/session-view.ts";
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import { closed, Id, IpAddress, listQuery, NumberedId, nullable, pageOf, pageRequest } from "../shapes.ts";

const text = Type.String();
const time = Type.String({ format: "date-time" });
const profile = nullable(Type.Unsafe<object>({ type: "object" }));

/** A session as the API shows it. */
export const SessionShape = Type.Unsafe<SessionView>(
  closed({
    id: text,
    nas: text,
    acctSessionId: text,
    username: text,
    subscriber: nullable(text),
    ipv4: nullable(text),
    ipv6: Type.Array(text),
    startedAt: time,
    stoppedAt: nullable(time),
    lastSeenAt: time,
    inputOctets: Type.Number(),
    outputOctets: Type.Number(),
    terminateCause: nullable(text),
    profile: closed({
      desired: profile,
      applied: profile,
      observed: profile,
      state: Type.Enum(["in-force", "pending", "drifted", "unknown"]),
    }),
  }),
);

const query = listQuery({
  state: Type.Optional(Type.Enum(["open", "closed"])),
  subscriber: Type.Optional(Id),
  username: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
  nas: Type.Optional(Id),
  ip: Type.Optional(IpAddress),
});

export function sessionRoutes(app: Api, { database }: { readonly database: Database }): void {
  const config = { right: "sessions:read" } as const;
  const tags = ["sessions"];

  app.get(
    "/v1/sessions",
    {
      config,
      schema: { tags, summary: "Sessions, newest first", querystring: query, response: { 200: pageOf(SessionShape) } },
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
      schema: { tags, summary: "One session", params: closed({ id: NumberedId }), response: { 200: SessionShape } },
    },
    async (request) => {
      const { items } = await listSessions(database, { id: request.params.id }, { limit: 1 });
      if (!items[0]) throw new ApiError("unknown-session", `there is no session ${request.params.id}`);
      return items[0];
    },
  );
}
