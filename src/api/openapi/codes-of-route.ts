import type { FastifySchema, RouteOptions } from "fastify";
import { missingCode } from "../missing-code.ts";
import { isProblemCode, type ProblemCode, problemCodes } from "../problem-codes.ts";

const ofAnyKey: readonly ProblemCode[] = ["unauthenticated", "forbidden", "too-many-failures", "unavailable"];
const ofAnyJson: readonly ProblemCode[] = ["malformed-json", "invalid-body", "invalid-compression"];
const ofAnyBody: readonly ProblemCode[] = [
  "invalid-request",
  "unsupported-content-type",
  "body-too-large",
  "body-too-slow",
  "too-many-bodies",
];
const ofAnyIdempotency: readonly ProblemCode[] = ["invalid-header", "request-under-way", "idempotency-key-reused"];

const bodyMethods = ["POST", "PUT", "DELETE"];

/** Whether a route may be sent a body: also one that wants none reads what it is sent. */
export const takesBody = ({ method }: RouteOptions): boolean =>
  [method].flat().some((one) => bodyMethods.includes(one));

const parametersOf = (url: string): string[] => [...url.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");

function ofPath(url: string): ProblemCode[] {
  const parameters = parametersOf(url);
  return parameters.length === 0 ? [] : ["invalid-path", ...parameters.map((name) => missingCode(url, name))];
}

const hasCursor = (querystring: unknown): boolean =>
  typeof querystring === "object" &&
  querystring !== null &&
  "properties" in querystring &&
  typeof querystring.properties === "object" &&
  querystring.properties !== null &&
  "cursor" in querystring.properties;

/** Every code that a route can answer with, in the order of their statuses: what any of its kind can, and its own. */
export function codesOfRoute(route: RouteOptions, { querystring }: FastifySchema): ProblemCode[] {
  const { url, config = {} } = route;
  const { right, rawBody, problems = [], idempotency = "kept" } = config;
  const isOpen = right === "open";
  const codes = new Set<string>([
    ...problems,
    ...ofPath(url),
    ...(isOpen ? ["too-many-failures" as const] : [...ofAnyKey, "invalid-query" as const]),
    ...(hasCursor(querystring) ? ["invalid-cursor" as const] : []),
    ...(takesBody(route) ? ofAnyBody : []),
    ...(takesBody(route) && !rawBody ? ofAnyJson : []),
    ...(takesBody(route) && idempotency !== "ignored" ? ofAnyIdempotency : []),
    "internal",
  ]);
  return Object.keys(problemCodes)
    .filter(isProblemCode)
    .filter((code) => codes.has(code));
}
