import type { Readable } from "node:stream";
import { TextDecoder } from "node:util";
import type { FastifyRequest } from "fastify";
import { hasDoubleNames } from "../json/has-double-names.ts";
import type { Api } from "./api.ts";
import type { BodyReceiver } from "./bodies/body-receiver.ts";
import { ApiError } from "./errors.ts";
import { findUnstorable } from "./find-unstorable.ts";

/** Nothing that a call takes is nearly as deep, and what walks through a body would run out of stack. */
const MOST_DEPTH = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true });

const LIMIT = 1024 * 1024;

/** Reads JSON bodies; an empty one is none, since "POST …/approve" is sent with a Content-Type and nothing in it. */
export function readJson(app: Api, bodies: BodyReceiver): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser(["application/json", "text/plain"]);
  const received = async (request: FastifyRequest, raw: Readable): Promise<Buffer | undefined> => {
    // Who has no address to send to has no key either: nothing of theirs is kept.
    if (request.is404) return undefined;
    const body = await bodies.whole(request, raw, { limit: LIMIT, refusal: "too-many-bodies" });
    return body.length === 0 ? undefined : body;
  };
  app.addContentTypeParser(/^application\/(?:[\w.+-]+\+)?json\b/i, async (request: FastifyRequest, raw: Readable) => {
    const body = await received(request, raw);
    if (!body) return undefined;
    const text = textOf(request, body);
    return await new Promise<unknown>((resolve, reject) => {
      void parse(request, text, (error, value: unknown) => {
        const fault = error ?? faultOf(text, value);
        if (fault) reject(fault);
        else resolve(value);
      });
    });
  });
  // curl -d '' says that its nothing is a form.
  app.addContentTypeParser("*", async (request: FastifyRequest, raw: Readable) => {
    if (await received(request, raw))
      throw new ApiError("unsupported-content-type", "this call takes application/json");
    return undefined;
  });
  app.addHook("preHandler", async (request) => {
    refuseUnstorable("invalid-body", request.body);
    refuseUnstorable("invalid-path", request.params);
    if (request.routeOptions.config.right !== "open") refuseUnstorable("invalid-query", request.query);
  });
}

/** The text of a body. RFC 8259 section 8.1: JSON is UTF-8. */
function textOf({ headers }: FastifyRequest, body: Buffer): string {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity")
    throw new ApiError("invalid-compression", "this call takes its body plain, without Content-Encoding");
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(headers["content-type"] ?? "")?.[1] ?? "utf-8";
  if (!/^(?:utf-?8|us-ascii)$/i.test(charset))
    throw new ApiError("unsupported-content-type", `JSON is taken in UTF-8, not in ${charset.slice(0, 40)}`);
  try {
    return utf8.decode(body);
  } catch {
    throw new ApiError("malformed-json", "the body is not UTF-8");
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
