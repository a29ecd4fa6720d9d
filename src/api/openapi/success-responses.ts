import type { FastifySchema, RouteOptions } from "fastify";
import { takesBody } from "./codes-of-route.ts";

/** What a success means, where the route says nothing better of it. */
const meanings: Readonly<Record<string, string>> = {
  "200": "Done, or what was asked for",
  "201": "Made: there was none of this id before",
  "202": "Taken in. What follows from it may still be under way",
  "204": "Removed",
  "304": "As it was when it had this ETag",
  "503": "Not ready",
};

const replayed = {
  "Idempotency-Replayed": {
    type: "string",
    description: "`true`: this was answered before, for the same Idempotency-Key; nothing was done again",
  },
} as const;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Swagger's own way to say that there is no content. */
const isNothing = (schema: Readonly<Record<string, unknown>>) => schema["type"] === "null";

/** A route's own answers as the document has them: `{description, headers?, content}` by status. */
export function successResponses(schema: FastifySchema, route: RouteOptions): Record<string, object> {
  const { response } = schema;
  const isReplayed = takesBody(route) && (route.config?.idempotency ?? "kept") !== "ignored";
  const headers = isReplayed ? { headers: replayed } : {};
  return Object.fromEntries(
    Object.entries(isObject(response) ? response : {}).map(([status, answer]) => {
      const description = meanings[status] ?? "";
      if (!isObject(answer)) return [status, { description }];
      if (isNothing(answer)) return [status, { description, ...headers, type: "null" }];
      if ("content" in answer) return [status, { description, ...headers, ...answer }];
      return [status, { description, ...headers, content: { "application/json": { schema: answer } } }];
    }),
  );
}
