import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "./errors.ts";

interface Known {
  readonly path: RegExp;
  readonly methods: Set<string>;
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** "/v1/nas/:id" as an expression; find-my-way's own matching does not say which other methods an address has. */
const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split("/")
      .map((part) => (part.startsWith(":") ? "[^/]+" : part === "*" ? ".*" : literal(part)))
      .join("/")}/?$`,
  );

const wantsPage = ({ method, headers }: FastifyRequest): boolean =>
  ["GET", "HEAD"].includes(method) && /\btext\/html\b/i.test(headers.accept ?? "");

/**
 * Answers for addresses that nothing serves: 405 with Allow where another method would have been right, else 404. Who opens
 * the server's address in a browser is led to what there is to read.
 */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const known = new Map<string, Known>();
  app.addHook("onRoute", ({ url, method }) => {
    const entry = known.get(url) ?? { path: patternOf(url), methods: new Set<string>() };
    for (const one of [method].flat()) entry.methods.add(one);
    known.set(url, entry);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    if (path === "/") reply.header("vary", "Accept");
    if (path === "/" && wantsPage(request)) return reply.redirect("/docs", 302);
    const methods = [...known.values()].filter((one) => one.path.test(path)).flatMap((one) => [...one.methods]);
    // A method that the address takes came here because there is no such file.
    if (methods.length === 0 || methods.includes(request.method))
      throw new ApiError("not-found", `nothing is at ${path.slice(0, 200)}`);
    const allow = [...new Set(methods)].sort().join(", ");
    reply.header("allow", allow);
    throw new ApiError("method-not-allowed", `this address takes ${allow}`);
  });
}
