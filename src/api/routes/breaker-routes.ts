import { Type } from "typebox";
import type { Database } from "../../database/database.ts";
import { type BreakerView, putBreaker, resetBreaker } from "../../enforcement/breaker-view-store.ts";
import { measureKinds } from "../../enforcement/measure.ts";
import { releaseAll } from "../../enforcement/release-all.ts";
import { actorOf } from "../actor.ts";
import { allBreakers } from "../all-breakers.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { callerOf } from "../caller.ts";
import { type BreakerCheck, checkBreaker } from "../check-breaker.ts";
import { ApiError } from "../errors.ts";
import { pageOfIds } from "../page-of-ids.ts";
import {
  closed,
  documented,
  Id,
  listQuery,
  nothing,
  nullable,
  oneOf,
  optionalBody,
  pageOf,
  pageRequest,
  Time,
} from "../shapes.ts";

const HeldMeasure = closed(
  {
    id: Type.String({ description: "approve or reject it by this" }),
    subscriber: Type.String(),
    kind: oneOf(measureKinds),
    reason: Type.String(),
    orderedAt: Time,
  },
  { title: "HeldMeasure" },
);

const Breaker = Type.Unsafe<BreakerView>(
  closed(
    {
      id: Type.String({ description: "`base`, or `source:`, `category:` or `nas:` and a name" }),
      scope: oneOf(["source", "category", "nas", "base"]),
      limit: nullable(Type.Integer({ description: "how many automatic measures pass in a window; null: any number" })),
      windowSeconds: Type.Integer(),
      count: Type.Integer({ description: "automatic measures in the window that ends now" }),
      state: oneOf(["closed", "open"], { description: "open: it has tripped, and holds what comes" }),
      held: Type.Array(HeldMeasure, { description: "what it holds, the oldest thousand" }),
    },
    { title: "Breaker", description: "A limit on automatic measures; those that a person orders don't count" },
  ),
);

export interface BreakerRouteDependencies {
  readonly database: Database;
  readonly nasDirectory: BreakerCheck["nasDirectory"];
  readonly now: () => Date;
  readonly dispatcher: { wake(): void };
}

export function breakerRoutes(app: Api, { database, nasDirectory, now, dispatcher }: BreakerRouteDependencies): void {
  const tags = ["breakers"];
  const params = closed({ id: documented(Id, "`base`, or `source:`, `category:` or `nas:` and a name") });

  app.get(
    "/v1/breakers",
    {
      config: { right: "breakers:read" },
      schema: {
        operationId: "listBreakers",
        tags,
        summary: "What limits automatic measures, by id",
        description: "Those that something has passed or somebody has set, and that of each source.",
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
      schema: { operationId: "getBreaker", tags, summary: "One breaker", params, response: { 200: Breaker } },
    },
    async (request) => {
      const { id } = request.params;
      const found = (await allBreakers(database, now())).find((breaker) => breaker.id === id);
      if (!found) throw new ApiError("unknown-breaker", `there is no breaker ${id}, or nothing has passed it yet`);
      return found;
    },
  );

  const Limit = closed(
    {
      // Not a union: of a wrong number that tells one fault, and not one for each of its branches.
      limit: Type.Unsafe<number | null>({
        type: ["integer", "null"],
        minimum: 0,
        maximum: 1_000_000_000,
        description: "0: everything waits for a person; null: the default again, which the answer tells",
      }),
      windowSeconds: Type.Integer({ minimum: 1, maximum: 366 * 86_400 }),
    },
    { title: "BreakerLimit", examples: [{ limit: 50, windowSeconds: 3600 }] },
  );
  app.put(
    "/v1/breakers/:id",
    {
      config: { right: "breakers:limit" },
      schema: {
        operationId: "putBreaker",
        tags,
        summary: "Sets a limit",
        params,
        body: Limit,
        response: { 200: Breaker },
      },
    },
    async (request) =>
      await database.transaction(async (trx) => {
        const { id } = request.params;
        await checkBreaker({ database: trx, nasDirectory }, id);
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
        operationId: "resetBreaker",
        tags,
        summary: "Closes it; what it held stays held until approved",
        params,
        body: nothing,
        response: { 200: Breaker },
      },
    },
    async (request) =>
      await database.transaction(async (trx) => {
        const { id } = request.params;
        await checkBreaker({ database: trx, nasDirectory }, id);
        const view = await resetBreaker(trx, { id, now: now() });
        await recordAudit(trx, { ...actorOf(request), action: "breaker.reset", subject: `breaker:${id}` });
        return view;
      }),
  );

  const why = Type.Optional(Type.String({ maxLength: 500, description: "kept with each measure, and in the audit" }));
  const Reason = optionalBody({ reason: why });
  const Released = closed(
    {
      subscribers: Type.Integer({ description: "of how many subscribers something was lifted" }),
      measures: Type.Integer({ description: "how many measures were lifted" }),
    },
    { title: "Released" },
  );
  app.post(
    "/v1/release-all",
    {
      config: { right: "release-all" },
      schema: {
        operationId: "releaseAll",
        tags,
        summary: "Lifts every measure of every subscriber",
        description: "For the day on which everything was wrong. Sessions are restored as fast as their NASes take it.",
        body: Reason,
        response: { 202: Released },
      },
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
