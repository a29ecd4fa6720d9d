import { TextDecoder } from "node:util";
import type { FastifyRequest } from "fastify";
import type { Api } from "./api.ts";
import { ApiError } from "./errors.ts";
import { findUnstorable } from "./find-unstorable.ts";
import { hasDoubleNames } from "./has-double-names.ts";

/** Nothing that a call takes is nearly as deep, and what walks through a body would run out of stack. */
const MOST_DEPTH = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads JSON bodies; an empty one is none, since "POST …/approve" is sent with a Content-Type and nothing in it. */
export function readJson(app: Api): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser(
    /^application\/(?:[\w.+-]+\+)?json\b/i,
    { parseAs: "buffer" },
    (request, body: Buffer, done) => {
      if (body.length === 0) return done(null, undefined);
      const text = textOf(request, body);
      if (typeof text !== "string") return done(text);
      void parse(request, text, (error, value: unknown) => done(error ?? faultOf(text, value), value));
    },
  );
  // curl -d '' says that its nothing is a form.
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body: Buffer, done) => {
    if (body.length === 0) done(null, undefined);
    else done(new ApiError("unsupported-content-type", "this call takes application/json"));
  });
  app.addHook("preHandler", async (request) => {
    refuseUnstorable("invalid-body", request.body);
    refuseUnstorable("invalid-path", request.params);
    if (request.routeOptions.config.right !== "open") refuseUnstorable("invalid-query", request.query);
  });
}

/** The text of a body, or why it has none. RFC 8259 section 8.1: JSON is UTF-8. */
function textOf({ headers }: FastifyRequest, body: Buffer): string | ApiError {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity")
    return new ApiError("invalid-compression", "this call takes its body plain, without Content-Encoding");
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset))
    return new ApiError("unsupported-content-type", `JSON is taken in UTF-8, not in ${charset.slice(0, 40)}`);
  try {
    return utf8.decode(body);
  } catch {
    return new ApiError("malformed-json", "the body is not UTF-8");
  }
}

function faultOf(text: string, value: unknown): ApiError | null {
  const isTwice = hasDoubleNames(text, value);
  return isTwice ? new ApiError("malformed-json", "a field is there twice in one object") : tooDeep(value);
}

const childrenOf = (value: unknown): unknown[] =>
  typeof value === "object" && value !== null ? Object.values(value) : [];

function tooDeep(value: unknown): ApiError | null {
  let level = [value];
  for (let depth = 0; depth <= MOST_DEPTH; depth += 1) {
    level = level.flatMap(childrenOf);
    if (level.length === 0) return null;
  }
  const detail = `is nested deeper than ${MOST_DEPTH} levels`;
  return new ApiError("invalid-body", `the body ${detail}`, { errors: [{ pointer: "", detail }] });
}

function refuseUnstorable(code: "invalid-body" | "invalid-query" | "invalid-path", part: unknown): void {
  const found = findUnstorable(part);
  if (found) throw new ApiError(code, `${found.pointer || "the whole"} ${found.detail}`, { errors: [found] });
}
