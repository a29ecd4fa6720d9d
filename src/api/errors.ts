import type { FastifyError } from "fastify";
import type { CaseErrorCode } from "../cases/case-error.ts";
import type { EnforcementErrorCode } from "../enforcement/enforcement-error.ts";
import type { IntakeErrorCode } from "../intake/intake-error.ts";
import type { NasErrorCode } from "../nas/nas-error.ts";
import type { SubscriberErrorCode } from "../subscriber/subscriber-error.ts";
import { missingCode } from "./missing-code.ts";
import { isProblemCode, type ProblemCode, problemCodes } from "./problem-codes.ts";

/** One fault in the input. `pointer`: JSON Pointer into the body (RFC 6901), or "/name" of a query or path parameter. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
  readonly code?: string;
}

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly errors?: readonly Fault[];
}

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** What a route throws when it cannot do what was asked; `detail` is said to the caller, so it never holds a secret. */
export class ApiError extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly Fault[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: readonly Fault[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "ApiError";
    this.code = code;
    this.errors = more.errors;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** More faults than this help nobody. */
const FAULTS_SHOWN = 50;

/** The document for a code: the only place that knows which HTTP status it has. */
export function problem(code: ProblemCode, detail: string, errors?: readonly Fault[]): Problem {
  const [status, title] = problemCodes[code];
  return {
    type: `urn:weir:problem:${code}`,
    title,
    status,
    detail,
    code,
    ...(errors && errors.length > 0 ? { errors: errors.slice(0, FAULTS_SHOWN) } : {}),
  };
}

/** Error classes of other folders whose messages are meant for the caller; their codes are ours. */
const domainErrors: ReadonlySet<string> = new Set([
  "NasError",
  "SubscriberError",
  "CursorError",
  "IntakeError",
  "CaseError",
  "EnforcementError",
]);

/** Fails to compile when a folder has a code that is not in the closed list. */
type DomainCode = NasErrorCode | SubscriberErrorCode | IntakeErrorCode | CaseErrorCode | EnforcementErrorCode;
const asProblem = (code: DomainCode, detail: string): Problem => problem(code, detail);

function fromDomain(error: Error & { readonly code?: unknown }): Problem | undefined {
  if (!domainErrors.has(error.name) || typeof error.code !== "string" || !isProblemCode(error.code)) return undefined;
  return asProblem(error.code as DomainCode, error.message);
}

const contextCodes: Readonly<Record<string, ProblemCode>> = {
  body: "invalid-body",
  querystring: "invalid-query",
  headers: "invalid-header",
};

const faultOf = (found: NonNullable<FastifyError["validation"]>[number]): Fault => {
  const extra = found.params["additionalProperty"] ?? found.params["missingProperty"];
  const pointer = typeof extra === "string" ? `${found.instancePath}/${escapePointer(extra)}` : found.instancePath;
  return { pointer, detail: sentence(found), code: found.keyword };
};

const escapePointer = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");

const formats: Readonly<Record<string, string>> = {
  "date-time": "must be a date and time that there is, as in RFC 3339 with its zone: 2026-01-31T12:00:00Z",
  ip: "must be an IPv4 or IPv6 address, without a zone",
  uuid: "must be a UUID",
};

function sentence(found: NonNullable<FastifyError["validation"]>[number]): string {
  if (found.keyword === "additionalProperties") return "is not known here";
  if (found.keyword === "required") return "is missing";
  if (found.keyword === "uniqueItems") return "must not have the same item twice";
  if (found.keyword === "format") return formats[String(found.params["format"])] ?? "is not of the right form";
  const allowed = found.params["allowedValues"];
  return Array.isArray(allowed) ? `must be one of ${allowed.join(", ")}` : (found.message ?? "is not valid");
}

/** An id that cannot be is the id of nothing: 404 like any other that there is none of. */
function fromPath({ pointer, detail }: Fault, route: string): Problem {
  const parameter = pointer.slice(1);
  return problem(missingCode(route, parameter), `${parameter} in the path: ${detail}`);
}

function fromValidation(error: FastifyError, route: string): Problem {
  const errors = (error.validation ?? []).filter((found) => found.keyword !== "if").map(faultOf);
  const code = contextCodes[error.validationContext ?? "body"] ?? "invalid-body";
  const [first] = errors;
  if (error.validationContext === "params" && first) return fromPath(first, route);
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return problem(code, first ? `${first.pointer || "the whole"} ${first.detail}${more}` : error.message, errors);
}

/** Faults that Fastify finds before a route runs. */
const fastifyCodes: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["unsupported-content-type", "see /docs for the content types that this call takes"],
  FST_ERR_CTP_BODY_TOO_LARGE: ["body-too-large", "see /docs for how much this call takes"],
  FST_ERR_CTP_EMPTY_JSON_BODY: ["malformed-json", "the body is empty"],
  FST_ERR_CTP_INVALID_JSON_BODY: ["malformed-json", "the body cannot be read as JSON"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["invalid-request", "the body is not as long as Content-Length says"],
  FST_ERR_BAD_URL: ["invalid-path", "the path cannot be decoded"],
  FST_ERR_MAX_PARAM_LENGTH: ["invalid-path", "a part of the path is too long"],
};

/** PostgreSQL cannot be reached, is starting or stopping (classes 08, 57P), or has no connection left (53300). */
const unreachable =
  /^(?:08|57P|53300|ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT)|timeout exceeded when trying to connect|Connection terminated/;

const isUnreachable = (error: { readonly code?: unknown; readonly message?: unknown }) =>
  unreachable.test(String(error.code ?? "")) || unreachable.test(String(error.message ?? ""));

/** It lost every race for the same rows (deadlock, serialization failure), however often it was run again. */
const hasLostRaces = ({ code, name }: { readonly code?: unknown; readonly name?: unknown }) =>
  code === "40P01" || code === "40001" || name === "ConflictError";

/**
 * What the caller of a route ("/v1/cases/:id") is told of an error. Of a fault of ours they learn only that it is one:
 * the rest is for the log.
 */
export function problemFrom(error: FastifyError | Error, route = ""): Problem {
  if (error instanceof ApiError) return problem(error.code, error.message, error.errors);
  const domain = fromDomain(error);
  if (domain) return domain;
  const fastify = error as FastifyError;
  if (fastify.validation) return fromValidation(fastify, route);
  const known = fastifyCodes[fastify.code ?? ""];
  if (known) return problem(...known);
  if (error instanceof SyntaxError && fastify.statusCode === 400) return problem("malformed-json", error.message);
  if (hasLostRaces(fastify))
    return problem("unavailable", "too much was changing the same rows, and nothing was done: try again in a moment");
  if (isUnreachable(fastify)) return problem("unavailable", "try again in a moment");
  if (fastify.statusCode === 400) return problem("invalid-request", "the request broke off or cannot be read");
  return problem("internal", "this was logged; ask what has become of it before you send it again");
}
