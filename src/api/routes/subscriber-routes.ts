import { Type } from "typebox";
import type { Database, Queryable } from "../../database/database.ts";
import { listMeasures } from "../../enforcement/measure-view-store.ts";
import { listSessions } from "../../session/session-list-store.ts";
import { subscriberInput } from "../../subscriber/read-subscriber.ts";
import { retryingConflicts } from "../../subscriber/retry-conflict.ts";
import type { Subscriber } from "../../subscriber/subscriber.ts";
import { SubscriberError } from "../../subscriber/subscriber-error.ts";
import { listSubscribers, subscriberById } from "../../subscriber/subscriber-store.ts";
import { deleteSubscriber } from "../../subscriber/subscriber-write-store.ts";
import { takenText } from "../../subscriber/username-plan.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { changedFields } from "../changed-fields.ts";
import { checkSameId } from "../check-same-id.ts";
import { ApiError } from "../errors.ts";
import { closed, Id, listQuery, pageOf, pageRequest } from "../shapes.ts";
import type { SubscriberPut } from "../subscriber-put.ts";
import { type Matters, SubscriberInputShape, SubscriberView, SubscriberWithMatters } from "../subscriber-shapes.ts";
import { casesOf } from "./case-routes.ts";

const SHOWN = 50;

async function mattersOf(database: Database, subscriberId: string): Promise<Matters> {
  const states = ["awaiting-approval", "held", "active"] as const;
  const [measures, sessions, cases] = await Promise.all([
    listMeasures(database, { subscriberId, states }, { limit: SHOWN }),
    listSessions(database, { subscriber: subscriberId, state: "open" }, { limit: SHOWN }),
    casesOf(database, subscriberId, SHOWN),
  ]);
  return { measures: measures.items, sessions: sessions.items, cases };
}

const withdrawn = "a regeneration withdrew this password, and it is not taken again: give another, or none";

export interface SubscriberRouteDependencies {
  readonly database: Database;
  readonly put: SubscriberPut;
}

export function subscriberRoutes(app: Api, { database, put }: SubscriberRouteDependencies): void {
  const reading = { right: "subscribers:read" } as const;
  const writing = { right: "subscribers:write" } as const;
  const tags = ["subscribers"];
  const params = closed({ id: Id });

  const known = async (on: Queryable, id: string): Promise<Subscriber> => {
    const subscriber = await subscriberById(on, id);
    if (!subscriber) throw new ApiError("unknown-subscriber", `there is no subscriber ${id}`);
    return subscriber;
  };

  const query = listQuery({
    search: Type.Optional(
      Type.String({
        maxLength: 200,
        description: "start of an id, username, e-mail, phone, or of words of the name; absent: all",
      }),
    ),
    username: Type.Optional(Type.String({ maxLength: 253, description: "exactly; absent: all" })),
  });
  app.get(
    "/v1/subscribers",
    {
      config: reading,
      schema: {
        operationId: "listSubscribers",
        tags,
        summary: "Subscribers, by id",
        querystring: query,
        response: { 200: pageOf(SubscriberView) },
      },
    },
    async (request) => {
      const { search, username } = request.query;
      const filter = { ...(search === undefined ? {} : { search }), ...(username === undefined ? {} : { username }) };
      const { items, next } = await listSubscribers(database, filter, pageRequest(request.query));
      return { items: [...items], next };
    },
  );

  app.get(
    "/v1/subscribers/:id",
    {
      config: reading,
      schema: {
        operationId: "getSubscriber",
        tags,
        summary: "One subscriber, with measures, sessions and cases",
        params,
        response: { 200: SubscriberWithMatters },
      },
    },
    async (request) => {
      const subscriber = await known(database, request.params.id);
      return { ...subscriber, ...(await mattersOf(database, subscriber.id)) };
    },
  );

  app.put(
    "/v1/subscribers/:id",
    {
      config: { ...writing, problems: ["username-taken", "password-withdrawn"] },
      schema: {
        operationId: "putSubscriber",
        tags,
        summary: "Creates or replaces a subscriber; an omitted credential stays",
        description: "Replaces: what is left out is empty then, but for the credential. Open sessions follow at once.",
        params,
        body: SubscriberInputShape,
        response: { 200: SubscriberView, 201: SubscriberView },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      checkSameId(id, request.body.id);
      const input = subscriberInput(id, request.body);
      const { before, after } = await retryingConflicts(() =>
        database.transaction(async (trx) => {
          const was = await subscriberById(trx, id);
          const [result] = await put(trx, [input]);
          if (result?.kind === "username-taken") throw new SubscriberError("username-taken", takenText(result));
          if (result?.isPasswordLeft) throw new SubscriberError("password-withdrawn", withdrawn);
          const stored = await known(trx, id);
          const given = { credentialChanged: input.credential !== undefined };
          const detail = changedFields(was && audited(was), audited(stored), given);
          if (detail)
            await recordAudit(trx, {
              ...actorOf(request),
              action: "subscriber.put",
              subject: `subscriber:${id}`,
              detail,
            });
          return { before: was, after: stored };
        }),
      );
      return await reply.code(before ? 200 : 201).send(after);
    },
  );

  app.delete(
    "/v1/subscribers/:id",
    {
      config: { ...writing, problems: ["subscriber-in-use"] },
      schema: {
        operationId: "deleteSubscriber",
        tags,
        summary: "Removes a subscriber on whom nothing stands any more",
        params,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await database.transaction(async (trx) => {
        const before = await known(trx, id);
        if (!(await deleteSubscriber(trx, id)))
          throw new ApiError("unknown-subscriber", `there is no subscriber ${id}`);
        const detail = { before: audited(before), after: null };
        await recordAudit(trx, {
          ...actorOf(request),
          action: "subscriber.delete",
          subject: `subscriber:${id}`,
          detail,
        });
      });
      return await reply.code(204).send(null);
    },
  );
}

function audited(subscriber: Subscriber): Record<string, unknown> {
  const { createdAt: _created, updatedAt: _updated, ...rest } = subscriber;
  return { ...rest };
}
