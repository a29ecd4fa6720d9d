import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { Type } from "typebox";
import type { Api } from "../api.ts";
import { describeOperation } from "./describe-operation.ts";
import { docsPage } from "./docs-page.ts";
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
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, right: "open" };
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
        response: { 200: Type.Unsafe<object>({ type: "object", additionalProperties: true }) },
      },
    },
    async () => app.swagger(),
  );
}
