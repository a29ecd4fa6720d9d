import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { readAddress } from "../../intake/read-address.ts";
import { listSessions } from "../../session/session-list-store.ts";
import type { SessionView } from "../../session/session-view.ts";
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import { ProfileShape } from "../profile-shape.ts";
import {
  closed,
  documented,
  Id,
  IpAddress,
  listQuery,
  mapOf,
  NumberedId,
  nullable,
  oneOf,
  pageOf,
  pageRequest,
} from "../shapes.ts";

const text = Type.String();
const time = Type.String({ format: "date-time" });
const profile = (description: string) =>
  Type.Unsafe<object | null>({ ...nullable(ProfileShape), description: `${description}; null: unrestricted` });

/** A session as the API shows it. */
export const SessionShape = Type.Unsafe<SessionView>(
  closed(
    {
      id: text,
      nas: text,
      acctSessionId: text,
      username: text,
      subscriber: nullable(Type.String({ description: "whose it is; null: nobody has this username" })),
      ipv4: nullable(text),
      ipv6: Type.Array(text, { description: "addresses and prefixes" }),
      startedAt: time,
      stoppedAt: nullable(time),
      lastSeenAt: time,
      inputOctets: Type.Number({ description: "from the customer" }),
      outputOctets: Type.Number({ description: "to the customer" }),
      terminateCause: nullable(Type.String({ description: "RFC 2866 section 5.10" })),
      profile: closed(
        {
          desired: profile("what it is to have"),
          applied: profile("what its NAS acknowledged"),
          observed: nullable(
            mapOf(Type.Array(text), { description: "what accounting shows, by attribute; null: nothing yet" }),
          ),
          state: oneOf(["in-force", "pending", "drifted", "unknown"], {
            description:
              "pending: still to be changed; drifted: the NAS acknowledged, but accounting shows another; unknown: the NAS " +
              "fell silent in the middle of a change",
          }),
        },
        { title: "SessionProfile" },
      ),
    },
    { title: "Session", description: "One attachment of a subscriber to a NAS" },
  ),
);

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
