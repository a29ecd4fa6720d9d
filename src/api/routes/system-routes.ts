import type { Registry } from "prom-client";
import { Type } from "typebox";
import type { Api } from "../api.ts";
import { closed } from "../shapes.ts";

/** What must work for this node to be sent work: "database", "radius-auth", … -> whether it does. */
export type Checks = Readonly<Record<string, boolean>>;

export interface SystemRouteDependencies {
  readonly checkReadiness: () => Promise<Checks>;
  readonly metrics: Registry;
}

/** Without a key: what load balancers and Prometheus ask. They say nothing of any subscriber. */
export function systemRoutes(app: Api, { checkReadiness, metrics }: SystemRouteDependencies): void {
  const config = { right: "open" } as const;
  const tags = ["system"];

  app.get(
    "/livez",
    {
      config,
      schema: { tags, summary: "The process runs", response: { 200: closed({ status: Type.Literal("ok") }) } },
    },
    async () => ({ status: "ok" as const }),
  );

  const Readiness = closed({
    status: Type.Enum(["ok", "not-ready"]),
    checks: Type.Record(Type.String(), Type.Boolean()),
  });
  app.get(
    "/readyz",
    {
      config,
      schema: {
        tags,
        summary: "The database can be reached and the listeners are up",
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_request, reply) => {
      const checks = await checkReadiness();
      const isReady = Object.values(checks).every(Boolean);
      return await reply.code(isReady ? 200 : 503).send({ status: isReady ? "ok" : "not-ready", checks });
    },
  );

  app.get("/metrics", { config, schema: { tags, summary: "Prometheus metrics" } }, async (_request, reply) => {
    reply.header("content-type", metrics.contentType);
    return await metrics.metrics();
  });
}
