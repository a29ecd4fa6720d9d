import { type Static, Type } from "typebox";
import { liftMeasure } from "../../enforcement/lift-measure.ts";
import type { Measure, MeasureKind } from "../../enforcement/measure.ts";
import { measureById } from "../../enforcement/measure-store.ts";
import type { MeasureView } from "../../enforcement/measure-view.ts";
import type { Api } from "../api.ts";
import { type Caller, callerOf } from "../caller.ts";
import { ApiError } from "../errors.ts";
import { knownMeasure } from "../known-measure.ts";
import { createDetailReader, MeasureKindParam, MeasureParams } from "../measure-order.ts";
import {
  auditMeasure,
  MeasureReason,
  type OutcomeDependencies,
  outcomeOf,
  reasonKept,
  WaitMs,
} from "../measure-outcome.ts";
import { MeasureShape, OrderShape, type OrderView } from "../measure-shapes.ts";
import { type OrderDependencies, orderByPerson } from "../order-by-person.ts";
import type { ProblemCode } from "../problem-codes.ts";
import { givenMoment } from "../read-moment.ts";
import { closed, documented, GivenTime, Id, NumberedId } from "../shapes.ts";

const Order = closed(
  {
    reason: MeasureReason,
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

export interface MeasureOrderDependencies extends OrderDependencies, OutcomeDependencies {
  readonly now: () => Date;
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
  const { database, now } = dependencies;
  const ordering = { right: "measures:order" } as const;
  const tags = ["measures"];
  const params = closed({ id: Id, kind: MeasureKindParam });
  const response = { 202: MeasureShape };
  const orderResponse = { 202: OrderShape };
  const readDetail = createDetailReader();

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
      if (changed) await auditMeasure(trx, { caller, action: "measure.order", measure });
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
        querystring: closed({ waitMs: WaitMs }),
        body: Order,
        response: orderResponse,
      },
    },
    async (request, reply) => {
      try {
        const measure = await order(callerOf(request), request.params, request.body);
        return await reply.code(202).send(await outcomeOf(measure, request.query.waitMs, dependencies));
      } catch (error) {
        if (error instanceof DryRunEnd) return await reply.code(202).send(await asPlanned(error.view));
        throw error;
      }
    },
  );

  const lifting = closed({
    waitMs: WaitMs,
    reason: Type.Optional(documented(MeasureReason, `${reasonKept}; absent: none`)),
  });
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
        await auditMeasure(trx, { caller, action: "measure.lift", measure });
        return measure;
      });
      return await reply.code(202).send(await outcomeOf(lifted, request.query.waitMs, dependencies));
    },
  );
}

function pastEnd(): ApiError {
  const detail = "is not in the future";
  return new ApiError("invalid-body", `/until ${detail}`, { errors: [{ pointer: "/until", detail }] });
}
