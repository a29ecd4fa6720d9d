import rateLimit from "@fastify/rate-limit";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { IsOwnAddress } from "../attribution/own-addresses.ts";
import { supportedMeasure, vendorDefaults } from "../coa/overlay.ts";
import { vendorNames } from "../coa/vendors/vendors.ts";
import type { Database, Transaction } from "../database/database.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import type { Dispatcher } from "../enforcement/dispatcher.ts";
import type { NasDirectory } from "../nas/nas-directory.ts";
import type { PersonEvent } from "../response/person-event.ts";
import type { ReceiveReport, ReportAnswer } from "../response/receive-report.ts";
import type { KeyRing } from "../secrets/key-ring.ts";
import type { CredentialStore } from "../subscriber/credential-store.ts";
import { answerClientError } from "./answer-client-error.ts";
import { answerWithProblems, sendProblem } from "./answer-with-problems.ts";
import type { Api } from "./api.ts";
import { createAttributeCheck } from "./attribute-check.ts";
import { createKeyLookup, requireKeys } from "./authenticate.ts";
import { type BodyReceiver, type BodyRules, createBodyReceiver, usualBodyRules } from "./bodies/body-receiver.ts";
import { endUnfinishedRequests } from "./end-unfinished-requests.ts";
import { problemFrom } from "./errors.ts";
import { createEventFeed } from "./event-feed.ts";
import { eventsSince } from "./event-store.ts";
import { measureRequests } from "./http-metrics.ts";
import { type Idempotency, installIdempotency } from "./idempotency.ts";
import { answerUnknownRoutes } from "./no-route.ts";
import { describeApi } from "./openapi/describe-api.ts";
import { readForwarded } from "./read-forwarded.ts";
import { readJson } from "./read-json.ts";
import { attributionRoutes } from "./routes/attribution-routes.ts";
import { auditRoutes } from "./routes/audit-routes.ts";
import { breakerRoutes } from "./routes/breaker-routes.ts";
import { caseRoutes } from "./routes/case-routes.ts";
import { enforcementRoutes } from "./routes/enforcement-routes.ts";
import { eventRoutes } from "./routes/event-routes.ts";
import { importRoutes } from "./routes/import-routes.ts";
import { type JobRouteDependencies, jobRoutes } from "./routes/job-routes.ts";
import { keyRoutes } from "./routes/key-routes.ts";
import { measureDecisionRoutes } from "./routes/measure-decision-routes.ts";
import { measureOrderRoutes } from "./routes/measure-order-routes.ts";
import { measureRoutes } from "./routes/measure-routes.ts";
import { nasRoutes } from "./routes/nas-routes.ts";
import { observationRoutes } from "./routes/observation-routes.ts";
import { passwordRoutes } from "./routes/password-routes.ts";
import { reportRoutes, reportSendRoutes } from "./routes/report-routes.ts";
import { sessionRoutes } from "./routes/session-routes.ts";
import { sourceRoutes } from "./routes/source-routes.ts";
import { subscriberRoutes } from "./routes/subscriber-routes.ts";
import { type Checks, systemRoutes } from "./routes/system-routes.ts";
import { secureHeaders } from "./secure-headers.ts";
import { createSubscriberPut } from "./subscriber-put.ts";
import { validateStrictly } from "./validation.ts";

export interface ApiDependencies {
  readonly database: Database;
  readonly keyRing: KeyRing;
  readonly dictionary: Dictionary;
  readonly nasDirectory: NasDirectory;
  readonly credentials: CredentialStore;
  readonly dispatcher: Pick<Dispatcher, "wake" | "settled">;
  readonly receiveReport: (report: ReceiveReport) => Promise<ReportAnswer>;
  /** postCaseEvent, with what it needs bound. */
  readonly postCaseEvent: (trx: Transaction, event: PersonEvent) => Promise<void>;
  readonly jobs: JobRouteDependencies["jobs"];
  readonly checkReadiness: () => Promise<Checks>;
  /** The key that always works: WEIR_ADMIN_KEY, or the one made at the first start. */
  readonly adminKey: string;
  readonly now: () => Date;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly version: string;
  /** Addresses whose Forwarded and X-Forwarded-For are believed. */
  readonly trustedProxies: readonly string[];
  readonly isOwnAddress: IsOwnAddress;
  /** Logins are checked by upstream servers, so passwords here are nobody's. */
  readonly isUpstreamAuthenticating: boolean;
  /** How much memory bodies may take, and how slowly they may come; absent: the usual. */
  readonly bodyRules?: BodyRules;
}

/** An upload of 100 MiB over a slow line is let finish. */
const REQUEST_TIMEOUT_MS = 15 * 60_000;
const EVENT_LOOK_MS = 400;
const HEARTBEAT_MS = 15_000;

function newServer({ log, trustedProxies }: ApiDependencies) {
  return fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: "idle",
    http: { requireHostHeader: false },
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: true },
    frameworkErrors: (error, _request, reply) => sendProblem(reply, problemFrom(error)),
  }).withTypeProvider<TypeBoxTypeProvider>();
}

/** The REST API, not listening yet. Stop it with `close()`, which lets requests under way finish. */
export async function createApi(dependencies: ApiDependencies): Promise<FastifyInstance> {
  const { database, keyRing, log, adminKey, metrics, now } = dependencies;
  const app: Api = newServer(dependencies);
  const lookUp = createKeyLookup(database, adminKey);
  endUnfinishedRequests(app);
  readForwarded(app);
  answerWithProblems(app);
  validateStrictly(app);
  const bodies = createBodyReceiver(app as unknown as FastifyInstance, dependencies.bodyRules ?? usualBodyRules);
  readJson(app, bodies);
  secureHeaders(app);
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
  await addRoutes(app, dependencies, { idempotency, bodies });
  const feed = createEventFeed({
    eventsSince: (lookout) => eventsSince(database, lookout),
    now,
    onError: (error) => log.warn({ err: error }, "events could not be looked up; looked again in a moment"),
    intervalMs: EVENT_LOOK_MS,
  });
  eventRoutes(app, { feed, lookUp, heartbeatMs: HEARTBEAT_MS });
  await app.ready();
  return app as unknown as FastifyInstance;
}

interface Shared {
  readonly idempotency: Idempotency;
  readonly bodies: BodyReceiver;
}

/** Every route but /v1/events, by what it is about. */
async function addRoutes(app: Api, dependencies: ApiDependencies, { idempotency, bodies }: Shared): Promise<void> {
  const { database, credentials, dictionary, now } = dependencies;
  const put = createSubscriberPut(credentials, now);
  const attributes = createAttributeCheck(dictionary);
  const vendors = { names: vendorNames, defaultCoaPort: (vendor: string) => vendorDefaults(vendor).coaPort };
  systemRoutes(app, dependencies);
  keyRoutes(app, dependencies);
  auditRoutes(app, dependencies);
  nasRoutes(app, { ...dependencies, vendors, attributes });
  subscriberRoutes(app, { database, put });
  passwordRoutes(app, dependencies);
  sessionRoutes(app, dependencies);
  sourceRoutes(app, dependencies);
  reportRoutes(app, dependencies);
  observationRoutes(app, dependencies);
  caseRoutes(app, dependencies);
  measureRoutes(app, dependencies);
  measureOrderRoutes(app, { ...dependencies, supportedMeasure });
  measureDecisionRoutes(app, dependencies);
  enforcementRoutes(app, dependencies);
  breakerRoutes(app, dependencies);
  jobRoutes(app, dependencies);
  await app.register(async (scope) => attributionRoutes(scope, { ...dependencies, bodies }));
  await app.register(async (scope) => reportSendRoutes(scope, { ...dependencies, bodies }));
  await app.register(async (scope) => importRoutes(scope, { database, put, idempotency, bodies }));
}
