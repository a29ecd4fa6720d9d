import helmet from "helmet";
import type { Api } from "./api.ts";

/**
 * Headers that keep a browser from doing anything with an answer but showing it; pages set a policy of their own. Made once:
 * a plugin that makes them for each request leaves garbage that outlives V8's young generation, and pauses of 10 ms.
 */
export function secureHeaders(app: Api): void {
  const setHeaders = helmet({
    hsts: false,
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, useDefaults: false },
  });
  app.addHook("onRequest", (request, reply, done) => setHeaders(request.raw, reply.raw, () => done()));
}
