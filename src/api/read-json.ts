import type { Api } from "./api.ts";
import { ApiError } from "./errors.ts";
import { findNul } from "./validation.ts";

/** Reads JSON bodies; an empty one is none, since "POST …/approve" is sent with a Content-Type and nothing in it. */
export function readJson(app: Api): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser(["application/json", "text/plain"]);
  app.addContentTypeParser(/^application\/(?:[\w.+-]+\+)?json\b/, { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else void parse(request, body as string, done);
  });
  // curl -d '' says that its nothing is a form.
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    if (body === "") done(null, undefined);
    else done(new ApiError("unsupported-content-type", "this call takes application/json"));
  });
  // PostgreSQL keeps no U+0000 in text. Looked for after validation, which bounds how deep a body is.
  app.addHook("preHandler", async (request) => {
    refuseNul("invalid-body", request.body);
    refuseNul("invalid-query", request.query);
    refuseNul("invalid-path", request.params);
  });
}

function refuseNul(code: "invalid-body" | "invalid-query" | "invalid-path", part: unknown): void {
  const pointer = findNul(part);
  if (pointer === undefined) return;
  const detail = "holds the character U+0000";
  throw new ApiError(code, `${pointer} ${detail}`, { errors: [{ pointer, detail }] });
}
