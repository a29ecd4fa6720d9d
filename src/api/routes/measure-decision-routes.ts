import { Type } from "typebox";
import { approveMeasure, rejectMeasure } from "../../enforcement/approve-measure.ts";
import type { Api } from "../api.ts";
import { callerOf } from "../caller.ts";
import { knownMeasure } from "../known-measure.ts";
import { auditMeasure, MeasureReason, type OutcomeDependencies, outcomeOf, WaitMs } from "../measure-outcome.ts";
import { MeasureShape } from "../measure-shapes.ts";
import { closed, NumberedId, optionalBody } from "../shapes.ts";

export interface MeasureDecisionDependencies extends OutcomeDependencies {
  readonly now: () => Date;
}

/** What a second person says to a termination, and anybody with the right to what a breaker holds. */
export function measureDecisionRoutes(app: Api, dependencies: MeasureDecisionDependencies): void {
  const { database, now } = dependencies;
  const deciding = { right: "measures:decide" } as const;
  const tags = ["measures"];
  const response = { 202: MeasureShape };
  const params = closed({ id: NumberedId });
  const decision = optionalBody({ reason: Type.Optional(MeasureReason) });
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
        params: params,
        querystring: closed({ waitMs: WaitMs }),
        body: decision,
        response,
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const approved = await database.transaction(async (trx) => {
        const measure = await approveMeasure(trx, { measureId: request.params.id, by: caller.actor, now: now() });
        await auditMeasure(trx, { caller, action: "measure.approve", measure });
        return measure;
      });
      return await reply.code(202).send(await outcomeOf(approved, request.query.waitMs, dependencies));
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
        params: params,
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
        await auditMeasure(trx, { caller, action: "measure.reject", measure });
        return measure;
      });
      return await reply.code(202).send(await knownMeasure(database, rejected.id));
    },
  );
}
