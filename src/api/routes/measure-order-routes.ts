import { type Static, Type } from "typebox";
import type { Database, Transaction } from "../../database/database.ts";
import { approveMeasure, rejectMeasure } from "../../enforcement/approve-measure.ts";
import { liftMeasure } from "../../enforcement/lift-measure.ts";
import type { Measure, MeasureKind } from "../../enforcement/measure.ts";
import { measureById } from "../../enforcement/measure-store.ts";
import type { MeasureView } from "../../enforcement/measure-view.ts";
import { actorOf } from "../actor.ts";
import type { Api } from "../api.ts";
import { recordAudit } from "../audit-store.ts";
import { type Caller, callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import { createDetailReader, MeasureKindParam, MeasureParams } from "../measure-order.ts";
import { MeasureShape, OrderShape, type OrderView } from "../measure-shapes.ts";
import { type OrderDependencies, orderByPerson } from "../order-by-person.ts";
import type { ProblemCode } from "../problem-codes.ts";
import { givenMoment } from "../read-moment.ts";
import { closed, documented, GivenTime, Id, NumberedId, optionalBody } from "../shapes.ts";
import { knownMeasure } from "./measure-routes.ts";

const why = "kept with the measure, for whoever asks why";
const reason = Type.String({ minLength: 1, maxLength: 1000, description: why });

const Order = closed(
  {
    reason,
    case: Type.Optional(documented(NumberedId, "a case of this subscriber that it belongs to")),
    until: Type.Optional(documented(GivenTime, "when it ends by itself; absent: in 30 days, and a termination never")),
    params: Type.Optional(MeasureParams),
    dryRun: Type.Optional(
      Type.Boolean({
        description: "answers what it would be, and changes nothing; id is null where it would be a new one",
      }),
    ),
  },
  {
    title: "MeasureOrder",
    examples: [{ reason: "spam from this line since noon", params: { downKbps: 512, upKbps: 128 } }],
  },
);

const waitMs = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 0,
    description: "for how many milliseconds to wait for the outcome at most; 0: answer at once",
  }),
);

export interface MeasureOrderDependencies extends OrderDependencies {
  readonly database: Database;
  readonly now: () => Date;
  readonly dispatcher: { wake(): void; settled(subscriberId: string, waitMs: number): Promise<void> };
}

const orderProblems = [
  "unknown-case",
  "no-credential",
  "no-local-credentials",
  "unsupported-by-vendor",
] as const satisfies readonly ProblemCode[];

/** Takes a dry run back; carries what it found. */
class DryRunEnd extends Error {
  readonly view: MeasureView;
  constructor(view: MeasureView) {
    super("dry run");
    this.view = view;
  }
}

export function measureOrderRoutes(app: Api, dependencies: MeasureOrderDependencies): void {
  const { database, now, dispatcher } = dependencies;
  const ordering = { right: "measures:order" } as const;
  const deciding = { right: "measures:decide" } as const;
  const tags = ["measures"];
  const params = closed({ id: Id, kind: MeasureKindParam });
  const response = { 202: MeasureShape };
  const orderResponse = { 202: OrderShape };
  const readDetail = createDetailReader();

  /** Committed: lets the dispatcher begin, and waits for it if the caller wants to. */
  const outcomeOf = async (measure: Measure, wait: number | undefined): Promise<MeasureView> => {
    dispatcher.wake();
    if (wait !== undefined && wait > 0) await dispatcher.settled(measure.subscriberId, wait);
    return await knownMeasure(database, measure.id);
  };
  const audited = async (trx: Transaction, caller: Caller, action: string, measure: Measure): Promise<void> => {
    const { id, kind, params: given, reason: why, until, state } = measure;
    const detail = { measure: id, kind, params: given, reason: why, until: until ?? null, state };
    await recordAudit(trx, { ...actorOf({ caller }), action, subject: `subscriber:${measure.subscriberId}`, detail });
  };

  const order = async (
    caller: Caller,
    to: { id: string; kind: MeasureKind },
    body: Static<typeof Order>,
  ): Promise<Measure> => {
    const detail = readDetail(to.kind, body.params ?? {});
    const until = body.until === undefined ? undefined : givenMoment(body.until);
    if (until && until <= now()) throw pastEnd();
    return await database.transaction(async (trx) => {
      const { measure, changed } = await orderByPerson(
        trx,
        {
          subscriberId: to.id,
          detail,
          reason: body.reason,
          orderedBy: caller.actor,
          now: now(),
          ...(body.case === undefined ? {} : { caseId: body.case }),
          ...(until ? { until } : {}),
        },
        dependencies,
      );
      if (body.dryRun) throw new DryRunEnd(await knownMeasure(trx, measure.id));
      if (changed) await audited(trx, caller, "measure.order", measure);
      return measure;
    });
  };

  /** Taken back, what a dry run would have written has no id. */
  const asPlanned = async (view: MeasureView): Promise<OrderView> => {
    const isStored = (await measureById(database, view.id)) !== undefined;
    return { ...view, id: isStored ? view.id : null };
  };

  app.put(
    "/v1/subscribers/:id/measures/:kind",
    {
      config: { ...ordering, problems: orderProblems },
      schema: {
        operationId: "orderMeasure",
        tags,
        summary: "Orders a measure",
        description:
          "It is to hold from then on: on every open session, and at the next login. Ordered again it is the same measure; " +
          "with other params it takes the place of the one before. `terminate` waits for a second person's approval.",
        params,
        querystring: closed({ waitMs }),
        body: Order,
        response: orderResponse,
      },
    },
    async (request, reply) => {
      try {
        const measure = await order(callerOf(request), request.params, request.body);
        return await reply.code(202).send(await outcomeOf(measure, request.query.waitMs));
      } catch (error) {
        if (error instanceof DryRunEnd) return await reply.code(202).send(await asPlanned(error.view));
        throw error;
      }
    },
  );

  const lifting = closed({ waitMs, reason: Type.Optional(documented(reason, `${why}; absent: none`)) });
  app.delete(
    "/v1/subscribers/:id/measures/:kind",
    {
      config: ordering,
      schema: {
        operationId: "liftMeasure",
        tags,
        summary: "Lifts a measure, and restores what was there before it",
        params,
        querystring: lifting,
        response,
      },
    },
    async (request, reply) => {
      const { id, kind } = request.params;
      const caller = callerOf(request);
      const lifted = await database.transaction(async (trx) => {
        const why = request.query.reason;
        const measure = await liftMeasure(trx, {
          subscriberId: id,
          kind,
          by: caller.actor,
          now: now(),
          ...(why === undefined ? {} : { reason: why }),
        });
        if (!measure) throw new ApiError("unknown-measure", `no measure ${kind} stands for subscriber ${id}`);
        await audited(trx, caller, "measure.lift", measure);
        return measure;
      });
      return await reply.code(202).send(await outcomeOf(lifted, request.query.waitMs));
    },
  );

  const measureParams = closed({ id: NumberedId });
  const decision = optionalBody({ reason: Type.Optional(reason) });
  app.post(
    "/v1/measures/:id/approve",
    {
      config: { ...deciding, problems: ["not-waiting", "not-a-person", "same-person"] },
      schema: {
        operationId: "approveMeasure",
        tags,
        summary: "Lets a waiting measure come into force",
        description:
          "One that a breaker holds takes anybody with the right; a termination takes a second person's key.",
        params: measureParams,
        querystring: closed({ waitMs }),
        body: decision,
        response,
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const approved = await database.transaction(async (trx) => {
        const measure = await approveMeasure(trx, { measureId: request.params.id, by: caller.actor, now: now() });
        await audited(trx, caller, "measure.approve", measure);
        return measure;
      });
      return await reply.code(202).send(await outcomeOf(approved, request.query.waitMs));
    },
  );

  app.post(
    "/v1/measures/:id/reject",
    {
      config: { ...deciding, problems: ["not-waiting", "not-a-person"] },
      schema: {
        operationId: "rejectMeasure",
        tags,
        summary: "Throws a waiting measure away",
        params: measureParams,
        body: decision,
        response,
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const why = request.body?.reason;
      const rejected = await database.transaction(async (trx) => {
        const measure = await rejectMeasure(trx, {
          measureId: request.params.id,
          by: caller.actor,
          now: now(),
          ...(why === undefined ? {} : { reason: why }),
        });
        await audited(trx, caller, "measure.reject", measure);
        return measure;
      });
      return await reply.code(202).send(await knownMeasure(database, rejected.id));
    },
  );
}

function pastEnd(): ApiError {
  const detail = "is not in the future";
  return new ApiError("invalid-body", `/until ${detail}`, { errors: [{ pointer: "/until", detail }] });
}
