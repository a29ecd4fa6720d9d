import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { Queryable } from "../database/database.ts";
import { keyDigest, sameDigest } from "./api-key.ts";
import type { Caller } from "./caller.ts";
import { ApiError } from "./errors.ts";
import { validKeyBySha256 } from "./key-store.ts";
import { mayUse } from "./rights.ts";

/** Failures from one address before it is told to wait; a valid key is never counted, nor refused for them. */
const FAILURES_PER_WINDOW = 600;
const WINDOW_MS = 60_000;
/** Without a key, from one address: far above what probes, Prometheus and people reading /docs ask for. */
const OPEN_PER_WINDOW = 1_000;
const OPEN_WINDOW_MS = 10_000;

/** The key that was given at the start (WEIR_ADMIN_KEY), which is in no table and outlives every revocation. */
const givenAdmin: Caller = { keyId: "admin", actor: "key:admin", name: "admin", role: "admin" };

/** The key in an Authorization header; undefined: there is none. */
export const bearerKey = (header: string | undefined): string | undefined =>
  /^Bearer +([^\s]{1,512})$/i.exec(header ?? "")?.[1];

/** Who a key belongs to, or undefined. `adminKey` is the one given from outside. */
export function createKeyLookup(on: Queryable, adminKey: string): (key: string) => Promise<Caller | undefined> {
  const adminDigest = keyDigest(adminKey);
  return async (key) => {
    const digest = keyDigest(key);
    if (sameDigest(digest, adminDigest)) return givenAdmin;
    const found = await validKeyBySha256(on, digest);
    if (!found || !sameDigest(found.sha256, digest)) return undefined;
    return {
      keyId: found.id,
      actor: `key:${found.id}`,
      role: found.role,
      ...(found.name === null ? {} : { name: found.name }),
      ...(found.source === null ? {} : { sourceId: found.source }),
    };
  };
}

/**
 * Asks every request for a key with the route's right, before its body is read. With a route that declares no right
 * the API does not start. The plugin @fastify/rate-limit must be registered.
 */
export function requireKeys(app: FastifyInstance, lookUp: (key: string) => Promise<Caller | undefined>): void {
  const countFailure = app.createRateLimit({ max: FAILURES_PER_WINDOW, timeWindow: WINDOW_MS });
  const countOpen = app.createRateLimit({ max: OPEN_PER_WINDOW, timeWindow: OPEN_WINDOW_MS });
  app.decorateRequest("caller", undefined);
  const routes: RouteOptions[] = [];
  app.addHook("onRoute", (route) => {
    routes.push(route);
  });
  app.addHook("onReady", async () => {
    const lawless = routes.find((route) => !route.config?.right);
    if (lawless) throw new Error(`${String(lawless.method)} ${lawless.url} declares no right`);
  });

  const tooMany = ({ ttlInSeconds }: { readonly ttlInSeconds: number }): ApiError =>
    new ApiError("too-many-failures", `wait ${ttlInSeconds} s, or send a valid key`, {
      retryAfterSeconds: ttlInSeconds,
    });

  const refuse = async (request: FastifyRequest, reply: FastifyReply, detail: string): Promise<never> => {
    const counted = await countFailure(request);
    if (!counted.isAllowed && counted.isExceeded) throw tooMany(counted);
    reply.header("www-authenticate", 'Bearer realm="weir"');
    throw new ApiError("unauthenticated", detail);
  };

  const admitOpen = async (request: FastifyRequest): Promise<void> => {
    const counted = await countOpen(request);
    if (counted.isAllowed || !counted.isExceeded) return;
    const key = bearerKey(request.headers.authorization);
    if (key === undefined || !(await lookUp(key))) throw tooMany(counted);
  };

  app.addHook("onRequest", async (request, reply) => {
    const right = request.is404 ? "open" : request.routeOptions.config.right;
    if (right === "open") return await admitOpen(request);
    const header = request.headers.authorization;
    if (header === undefined) return await refuse(request, reply, "send Authorization: Bearer KEY");
    const key = bearerKey(header);
    if (key === undefined) return await refuse(request, reply, "the Authorization header is not Bearer KEY");
    const caller = await lookUp(key);
    if (!caller) return await refuse(request, reply, "the key is not known, or was revoked");
    if (right === undefined || !mayUse(caller.role, right))
      throw new ApiError("forbidden", `a key of role ${caller.role} has not the right ${right ?? "to do this"}`);
    request.caller = caller;
  });
}
