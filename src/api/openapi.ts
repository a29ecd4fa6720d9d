import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifySchema, RouteOptions } from "fastify";
import type { Api } from "./api.ts";
import { ProblemShape } from "./shapes.ts";

const idempotencyKey = {
  type: "object",
  properties: {
    "Idempotency-Key": {
      type: "string",
      minLength: 1,
      maxLength: 255,
      description: "sent again with the same key within a day, the request is answered as it was, and not done again",
    },
  },
} as const;

const changing = ["POST", "PUT", "DELETE"];

function queryOf({ querystring }: FastifySchema, required: readonly string[] | undefined): object {
  if (typeof querystring !== "object" || !required) return {};
  return { querystring: { ...querystring, required } };
}

/** What the OpenAPI document says of every route beyond its own schema: its key, its problems, its headers, its raw body. */
function document(schema: FastifySchema, { method, config }: RouteOptions): FastifySchema {
  const { right, rawBody, requiredQuery } = config ?? {};
  const problem = {
    description: "a problem, by its code",
    content: { "application/problem+json": { schema: ProblemShape } },
  };
  const content = { schema: { type: "string", format: "binary", description: rawBody?.description } };
  const isChanging = right !== "open" && [method].flat().some((one) => changing.includes(one));
  return {
    ...schema,
    ...{ "x-right": right },
    ...queryOf(schema, requiredQuery),
    ...(isChanging && { headers: idempotencyKey }),
    response: { ...(schema.response ?? {}), default: problem },
    ...(right === "open" ? { security: [] } : {}),
    ...(rawBody ? { body: { content: Object.fromEntries(rawBody.types.map((type) => [type, content])) } } : {}),
  };
}

/** /openapi.json, and /docs to read it: everything that the page needs comes from this server. */
export async function describeApi(app: Api, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Weir", version, description: "Subscriber security enforcement. Errors: docs/errors.md." },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      security: [{ key: [] }],
    },
    transform: ({ schema, url, route }) => ({
      schema: document(schema ?? {}, route),
      url,
    }),
  });
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, right: "open" };
    });
    await scope.register(swaggerUi, {
      routePrefix: "/docs",
      uiConfig: { validatorUrl: null, persistAuthorization: false },
      staticCSP: "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
      logLevel: "warn",
    });
  });
  app.get("/openapi.json", { config: { right: "open" }, schema: { hide: true } }, async () => app.swagger());
}
