import { Type } from "typebox";
import type { Database, Queryable } from "../../database/database.ts";
import type { MeasureView } from "../../enforcement/measure-view.ts";
import { listMeasures } from "../../enforcement/measure-view-store.ts";
import { listSessions } from "../../session/session-list-store.ts";
import type { SessionView } from "../../session/session-view.ts";
import { subscriberInput } from "../../subscriber/read-subscriber.ts";
import { retryingConflicts } from "../../subscriber/retry-conflict.ts";
import type { Subscriber } from "../../subscriber/subscriber.ts";
import { protections, subscriberClasses } from "../../subscriber/subscriber.ts";
import { SubscriberError } from "../../subscriber/subscriber-error.ts";
import { SubscriberBody } from "../../subscriber/subscriber-schema.ts";
import { listSubscribers, subscriberById } from "../../subscriber/subscriber-store.ts";
import { deleteSubscriber } from "../../subscriber/subscriber-write-store.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { type CaseAnswer, CaseShape } from "../case-shapes.ts";
import { changedFields } from "../changed-fields.ts";
import { checkSameId } from "../check-same-id.ts";
import { ApiError } from "../errors.ts";
import { MeasureShape } from "../measure-shapes.ts";
import { closed, Id, listQuery, nullable, oneOf, pageOf, pageRequest, Time } from "../shapes.ts";
import type { SubscriberPut } from "../subscriber-put.ts";
import { casesOf } from "./case-routes.ts";
import { SessionShape } from "./session-routes.ts";

const fields = {
  id: Type.String(),
  usernames: Type.Readonly(Type.Array(Type.String(), { description: "User-Names of RADIUS" })),
  name: nullable(Type.String()),
  email: nullable(Type.String()),
  phone: nullable(Type.String()),
  locale: nullable(Type.String({ description: "the language for notices, for example `en-AU`" })),
  class: oneOf(subscriberClasses),
  plan: nullable(closed({ downKbps: Type.Integer(), upKbps: Type.Integer() }, { title: "Plan" })),
  protections: Type.Unsafe<Subscriber["protections"]>(
    Type.Array(oneOf(protections), { description: "playbooks order nothing that would cut such a line off" }),
  ),
  hasCredential: Type.Boolean({ description: "whether there is a password here; it is never given back" }),
  isAutomatic: Type.Boolean({ description: "made by itself from a session whose User-Name nobody knew" }),
  createdAt: Time,
  updatedAt: Time,
};

const SubscriberView = Type.Unsafe<Subscriber>(closed(fields, { title: "Subscriber" }));

/** What stands of a subscriber, in the shapes of its own calls. */
interface Matters {
  readonly measures: readonly MeasureView[];
  readonly sessions: readonly SessionView[];
  readonly cases: readonly CaseAnswer[];
}

const SubscriberWithMatters = Type.Unsafe<Subscriber & Matters>(
  closed(
    {
      ...fields,
      measures: Type.Array(MeasureShape, { description: "those that stand, the newest 50" }),
      sessions: Type.Array(SessionShape, { description: "those that are open, the newest 50" }),
      cases: Type.Array(CaseShape, { description: "the newest 50" }),
    },
    { title: "SubscriberWithMatters" },
  ),
);

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

const example = {
  usernames: ["alice@isp.example"],
  name: "Alice Example",
  email: "alice@example.com",
  phone: "+61 2 5550 0100",
  class: "residential",
  plan: { downKbps: 50_000, upKbps: 20_000 },
  protections: ["medical"],
};

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
        body: { ...SubscriberBody, title: "SubscriberInput", examples: [example] },
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
          if (result?.kind === "username-taken")
            throw new SubscriberError(
              "username-taken",
              `username ${result.username} belongs to subscriber ${result.owner}`,
            );
          if (result?.isPasswordLeft) throw new SubscriberError("password-withdrawn", withdrawn);
          const stored = await known(trx, id);
          const change = changedFields(was && audited(was), audited(stored));
          const detail = { ...change, credentialChanged: input.credential !== undefined };
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
