import type { FastifySchema, RouteOptions } from "fastify";
import { mayUse, roles } from "../rights.ts";
import { codesOfRoute, takesBody } from "./codes-of-route.ts";
import { BODY_OPTIONAL, PROBLEMS } from "./finish-document.ts";
import { successResponses } from "./success-responses.ts";

const idempotencyKey = {
  type: "object",
  properties: {
    "Idempotency-Key": {
      type: "string",
      minLength: 1,
      maxLength: 255,
      pattern: "^[!-~][ -~]*$",
      description:
        "A name of your own for this request. Sent again with it within a day, the request is answered as it was, and not " +
        "done again; another request with it is refused.",
    },
  },
} as const;

function queryOf({ querystring }: FastifySchema, { config }: RouteOptions): object {
  const required = config?.requiredQuery;
  return typeof querystring === "object" && required ? { querystring: { ...querystring, required } } : {};
}

function bodyOf({ config }: RouteOptions): object {
  if (!config?.rawBody) return {};
  const content = Object.entries(config.rawBody).map(
    ([type, { schema = { type: "string" }, description, example }]) => {
      const examples = example === undefined ? {} : { examples: [example] };
      return [type, { schema: { ...schema, description, ...examples } }] as const;
    },
  );
  return { body: { content: Object.fromEntries(content) } };
}

const choice = new Intl.ListFormat("en", { type: "disjunction" });

const isOptional = (body: unknown): boolean => typeof body === "object" && body !== null && "~optional" in body;

/** What the OpenAPI document says of a route beyond its own schema: its key, its problems, its headers, its raw body. */
export function describeOperation(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const { right = "open", idempotency = "kept" } = route.config ?? {};
  const isOpen = right === "open";
  const allowed = roles.filter((role) => mayUse(role, right));
  const keys = isOpen ? "Takes no key." : `Takes a key of role ${choice.format(allowed.map((role) => `\`${role}\``))}.`;
  return {
    ...schema,
    ...{ "x-right": right, "x-roles": isOpen ? [] : allowed },
    ...{ [BODY_OPTIONAL]: isOptional(schema.body), [PROBLEMS]: codesOfRoute(route, schema) },
    description: [schema.description, keys].filter(Boolean).join("\n\n"),
    ...(isOpen && { security: [] }),
    ...queryOf(schema, route),
    ...(takesBody(route) && idempotency !== "ignored" && { headers: idempotencyKey }),
    ...bodyOf(route),
    response: successResponses(schema, route),
  };
}
