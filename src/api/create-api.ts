import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { Database } from "../database/database.ts";
import type { KeyRing } from "../secrets/key-ring.ts";
import { answerWithProblems } from "./answer-with-problems.ts";
import type { Api } from "./api.ts";
import { createKeyLookup, requireKeys } from "./authenticate.ts";
import { createEventFeed } from "./event-feed.ts";
import { eventsSince } from "./event-store.ts";
import { measureRequests } from "./http-metrics.ts";
import { installIdempotency } from "./idempotency.ts";
import { answerUnknownRoutes } from "./no-route.ts";
import { describeApi } from "./openapi.ts";
import { readJson } from "./read-json.ts";
import { auditRoutes } from "./routes/audit-routes.ts";
import { eventRoutes } from "./routes/event-routes.ts";
import { importRoutes } from "./routes/import-routes.ts";
import { type KeyRouteDependencies, keyRoutes } from "./routes/key-routes.ts";
import { type NasRouteDependencies, nasRoutes } from "./routes/nas-routes.ts";
import { type SubscriberRouteDependencies, subscriberRoutes } from "./routes/subscriber-routes.ts";
import { type SystemRouteDependencies, systemRoutes } from "./routes/system-routes.ts";
import { validateStrictly } from "./validation.ts";

export interface ApiDependencies
  extends KeyRouteDependencies,
    NasRouteDependencies,
    SubscriberRouteDependencies,
    SystemRouteDependencies {
  readonly database: Database;
  readonly keyRing: KeyRing;
  /** The key that always works: WEIR_ADMIN_KEY, or the one made at the first start. */
  readonly adminKey: string;
  readonly now: () => Date;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly version: string;
  /** Addresses whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
}

const JSON_BODY_LIMIT = 1024 * 1024;
/** An upload of 100 MiB over a slow line is let finish. */
const REQUEST_TIMEOUT_MS = 15 * 60_000;
const EVENT_LOOK_MS = 400;
const HEARTBEAT_MS = 15_000;

function newServer({ log, trustedProxies }: ApiDependencies) {
  return fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    bodyLimit: JSON_BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
  }).withTypeProvider<TypeBoxTypeProvider>();
}

/** The REST API, not listening yet. Stop it with `close()`, which lets requests under way finish. */
export async function createApi(dependencies: ApiDependencies): Promise<FastifyInstance> {
  const { database, keyRing, log, adminKey, metrics, now } = dependencies;
  const app: Api = newServer(dependencies);
  const lookUp = createKeyLookup(database, adminKey);
  answerWithProblems(app);
  validateStrictly(app);
  readJson(app);
  await app.register(helmet, {
    hsts: false,
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, useDefaults: false },
  });
  await app.register(rateLimit, { global: false });
  measureRequests(app, metrics);
  requireKeys(app, lookUp);
  answerUnknownRoutes(app);
  const idempotency = installIdempotency(app, {
    database,
    keyRing,
    onError: (error) => log.warn({ err: error }, "an answer could not be kept for its Idempotency-Key"),
  });
  await describeApi(app, dependencies.version);
  systemRoutes(app, dependencies);
  keyRoutes(app, dependencies);
  auditRoutes(app, dependencies);
  nasRoutes(app, dependencies);
  subscriberRoutes(app, dependencies);
  await app.register(async (scope) => importRoutes(scope, { ...dependencies, idempotency }));
  const feed = createEventFeed({
    eventsSince: (since) => eventsSince(database, since),
    now,
    onError: (error) => log.warn({ err: error }, "events could not be looked up; looked again in a moment"),
    intervalMs: EVENT_LOOK_MS,
  });
  eventRoutes(app, { feed, lookUp, heartbeatMs: HEARTBEAT_MS });
  await app.ready();
  return app as unknown as FastifyInstance;
}
