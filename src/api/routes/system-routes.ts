import type { Registry } from "prom-client";
import { Type } from "typebox";
import type { Api } from "../api.ts";
import { recentResult } from "../recent-result.ts";
import { closed, mapOf, oneOf } from "../shapes.ts";

/** What must work for this node to be sent work: "database", "radius-auth", … -> whether it does. */
export type Checks = Readonly<Record<string, boolean>>;

export interface SystemRouteDependencies {
  readonly checkReadiness: () => Promise<Checks>;
  readonly metrics: Registry;
}

/** Whoever asks without end may not keep the process from its logins. */
const sharing = { burst: 5, everyMs: 200, now: () => performance.now() };

/** Without a key: what load balancers and Prometheus ask. They say nothing of any subscriber. */
export function systemRoutes(app: Api, { checkReadiness, metrics }: SystemRouteDependencies): void {
  const config = { right: "open" } as const;
  const readiness = recentResult(checkReadiness, sharing);
  const exposed = recentResult(() => metrics.metrics(), sharing);
  const tags = ["system"];

  const Liveness = closed({ status: Type.Literal("ok") }, { title: "Liveness" });
  app.get(
    "/livez",
    {
      config,
      schema: { operationId: "getLiveness", tags, summary: "The process runs", response: { 200: Liveness } },
    },
    async () => ({ status: "ok" as const }),
  );

  const Readiness = closed(
    {
      status: oneOf(["ok", "not-ready"]),
      checks: mapOf(Type.Boolean(), { description: "what has to work, by name, and whether it does" }),
    },
    { title: "Readiness" },
  );
  app.get(
    "/readyz",
    {
      config,
      schema: {
        operationId: "getReadiness",
        tags,
        summary: "The database can be reached and the listeners are up",
        description: "503: send this node no work; `checks` says what does not work.",
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_request, reply) => {
      const checks = await readiness();
      const isReady = Object.values(checks).every(Boolean);
      return await reply.code(isReady ? 200 : 503).send({ status: isReady ? "ok" : "not-ready", checks });
    },
  );

  const exposition = {
    description: "Prometheus's text format",
    content: {
      "text/plain": {
        schema: Type.String(),
        example: '# TYPE weir_http_requests_total counter\nweir_http_requests_total{method="GET",status="200"} 17\n',
      },
    },
  };
  app.get(
    "/metrics",
    {
      config,
      schema: { operationId: "getMetrics", tags, summary: "Prometheus metrics", response: { 200: exposition } },
    },
    async (_request, reply) => {
      const text = await exposed();
      return await reply.header("content-type", metrics.contentType).send(text);
    },
  );
}
