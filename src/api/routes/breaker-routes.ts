import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { type BreakerView, putBreaker, resetBreaker } from "../../enforcement/breaker-view-store.ts";
import { releaseAll } from "../../enforcement/release-all.ts";
import { actorOf } from "../actor.ts";
import { allBreakers } from "../all-breakers.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import { pageOfIds } from "../page-of-ids.ts";
import { closed, Id, listQuery, nullable, pageOf, pageRequest, Time } from "../shapes.ts";

const Breaker = Type.Unsafe<BreakerView>(
  closed({
    id: Type.String({ description: '"base", or "source:", "category:" or "nas:" and a name' }),
    scope: Type.Enum(["source", "category", "nas", "base"]),
    limit: nullable(Type.Integer()),
    windowSeconds: Type.Integer(),
    count: Type.Integer({ description: "automatic measures in the window that ends now" }),
    state: Type.Enum(["closed", "open"]),
    held: Type.Array(
      closed({
        id: Type.String(),
        subscriber: Type.String(),
        kind: Type.String(),
        reason: Type.String(),
        orderedAt: Time,
      }),
    ),
  }),
);

export interface BreakerRouteDependencies {
  readonly database: Database;
  readonly now: () => Date;
  readonly dispatcher: { wake(): void };
}

export function breakerRoutes(app: Api, { database, now, dispatcher }: BreakerRouteDependencies): void {
  const tags = ["breakers"];
  const params = closed({ id: Id });

  app.get(
    "/v1/breakers",
    {
      config: { right: "breakers:read" },
      schema: {
        tags,
        summary: "What limits automatic measures",
        querystring: listQuery({}),
        response: { 200: pageOf(Breaker) },
      },
    },
    async (request) => pageOfIds(await allBreakers(database, now()), pageRequest(request.query)),
  );

  app.get(
    "/v1/breakers/:id",
    {
      config: { right: "breakers:read" },
      schema: { tags, summary: "One breaker", params, response: { 200: Breaker } },
    },
    async (request) => {
      const { id } = request.params;
      const found = (await allBreakers(database, now())).find((breaker) => breaker.id === id);
      if (!found) throw new ApiError("unknown-breaker", `there is no breaker ${id}, or nothing has passed it yet`);
      return found;
    },
  );

  const Limit = closed({
    limit: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
    windowSeconds: Type.Integer({ minimum: 1, maximum: 366 * 86_400 }),
  });
  app.put(
    "/v1/breakers/:id",
    {
      config: { right: "breakers:limit" },
      schema: { tags, summary: "Sets a limit", params, body: Limit, response: { 200: Breaker } },
    },
    async (request) =>
      await database.transaction(async (trx) => {
        const { id } = request.params;
        const view = await putBreaker(trx, { id, ...request.body, now: now() });
        await recordAudit(trx, {
          ...actorOf(request),
          action: "breaker.put",
          subject: `breaker:${id}`,
          detail: { after: request.body },
        });
        return view;
      }),
  );

  app.post(
    "/v1/breakers/:id/reset",
    {
      config: { right: "breakers:reset" },
      schema: {
        tags,
        summary: "Closes it; what it held stays held until approved",
        params,
        response: { 200: Breaker },
      },
    },
    async (request) =>
      await database.transaction(async (trx) => {
        const { id } = request.params;
        const view = await resetBreaker(trx, { id, now: now() });
        await recordAudit(trx, { ...actorOf(request), action: "breaker.reset", subject: `breaker:${id}` });
        return view;
      }),
  );

  const Reason = Type.Optional(
    Type.Union([closed({ reason: Type.Optional(Type.String({ maxLength: 500 })) }), Type.Null()]),
  );
  const Released = closed({ subscribers: Type.Integer(), measures: Type.Integer() });
  app.post(
    "/v1/release-all",
    {
      config: { right: "release-all" },
      schema: { tags, summary: "Lifts every measure of every subscriber", body: Reason, response: { 202: Released } },
    },
    async (request, reply) => {
      const reason = request.body?.reason ?? "everything released";
      const order = { by: callerOf(request).actor, reason, now: now() };
      await recordAudit(database, {
        ...actorOf(request),
        action: "release-all",
        subject: "subscriber:*",
        detail: { reason },
      });
      const released = await releaseAll(database, order, dispatcher.wake);
      return await reply.code(202).send(released);
    },
  );
}
