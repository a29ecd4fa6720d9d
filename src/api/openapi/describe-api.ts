import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import { describeOperation } from "./describe-operation.ts";
import { docsPage } from "./docs-page.ts";
import { documentAnswer } from "./document-answer.ts";
import { finishDocument } from "./finish-document.ts";
import { overview, tags } from "./overview.ts";

/** /openapi.json, and /docs to read it: everything that the page needs comes from this server. */
export async function describeApi(app: Api, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Weir", version, description: overview },
      servers: [{ url: "/" }],
      tags: [...tags],
      components: {
        securitySchemes: {
          key: { type: "http", scheme: "bearer", description: "An API key, as `POST /v1/keys` makes them" },
        },
      },
      security: [{ key: [] }],
    },
    transform: ({ schema, url, route }) => ({ schema: describeOperation(schema ?? {}, route), url }),
    transformObject: (found) => {
      if (!("openapiObject" in found)) return found.swaggerObject;
      return Object.assign(found.openapiObject, finishDocument(found.openapiObject));
    },
  });
  const asJson = documentAnswer(() => JSON.stringify(app.swagger()), "application/json; charset=utf-8");
  const asYaml = documentAnswer(() => app.swagger({ yaml: true }), "application/x-yaml");
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, right: "open" };
      if (route.url === `${docsPage.routePrefix}/json`) route.handler = asJson;
      if (route.url === `${docsPage.routePrefix}/yaml`) route.handler = asYaml;
    });
    scope.setErrorHandler((error, request) => {
      throw fileProblem(error, request.url) ?? error;
    });
    await scope.register(swaggerUi, docsPage);
  });
  app.get(
    "/openapi.json",
    {
      config: { right: "open" },
      schema: {
        operationId: "getDocument",
        tags: ["system"],
        summary: "This document",
        description: "OpenAPI 3.1. `/docs` shows it to people.",
        response: {
          200: Type.Unsafe<FastifyReply>({ type: "object", additionalProperties: true }),
          304: Type.Null(),
        },
      },
    },
    asJson,
  );
}

/** What reading files finds wrong with a request has a status of its own, and is nothing that a person must look after. */
function fileProblem(error: unknown, url: string): ApiError | undefined {
  if (!(error instanceof Error) || error instanceof ApiError || !("statusCode" in error)) return undefined;
  const status = Number(error.statusCode);
  if (status === 412 || status === 416) return new ApiError("invalid-header", "a condition or a range cannot be met");
  if (status < 400 || status >= 500) return undefined;
  return new ApiError("not-found", `nothing is at ${url.split("?", 1)[0]?.slice(0, 200)}`);
}
