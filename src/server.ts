import { randomInt, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { isIP } from "node:net";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { collectDefaultMetrics } from "prom-client";
import { createApi } from "./api/create-api.ts";
import { ownAddresses } from "./attribution/own-addresses.ts";
import { createCoaMetrics } from "./coa/coa-metrics.ts";
import { createNasGateway } from "./coa/nas-gateway.ts";
import type { Config } from "./config/config.ts";
import { type Core, openCore } from "./core.ts";
import type { Database } from "./database/database.ts";
import { approveMeasure } from "./enforcement/approve-measure.ts";
import { createDispatcher, type Dispatcher } from "./enforcement/dispatcher.ts";
import { liftMeasure } from "./enforcement/lift-measure.ts";
import { orderMeasure } from "./enforcement/order-measure.ts";
import { createBoundedReportReader } from "./intake/bounded-report-reader.ts";
import type { ReadReport } from "./intake/read-report.ts";
import { attributeJob } from "./jobs/attribute-job.ts";
import { expireJob } from "./jobs/expire-job.ts";
import { makeIntervalMonths } from "./jobs/interval-months.ts";
import { startJobs } from "./jobs/job-schedule.ts";
import { reconcileJob } from "./jobs/reconcile-job.ts";
import { resealJob } from "./jobs/reseal-job.ts";
import { retentionJob } from "./jobs/retention-job.ts";
import { tidyJob } from "./jobs/tidy-job.ts";
import { ownNodeId } from "./own-node-id.ts";
import { builtInPlaybook } from "./policy/built-in-playbooks.ts";
import { impossibleHere } from "./policy/impossible-here.ts";
import { type RadiusSide, startRadiusSide } from "./radius-side.ts";
import { startRadiusWorkers } from "./radius-workers.ts";
import { postCaseEvent } from "./response/post-case-event.ts";
import { createReportReceiver } from "./response/receive-report.ts";
import { storedKey } from "./secrets/stored-key.ts";
import { ServerPostgres } from "./server-postgres.ts";
import { createCredentialStore } from "./subscriber/credential-store.ts";

export interface Ports {
  readonly http: number;
  /** Absent: off. */
  readonly auth?: number;
  readonly acct?: number;
}

export interface RunningServer {
  readonly host: string;
  readonly ports: Ports;
  /** Set when this start made it: to be shown, once. */
  readonly newAdminKey?: string;
  readonly adminKeyFile: string;
  /** Stops taking work, finishes or hands back what is under way, closes everything. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Of its data folder: for who has to end it also when the server does not stop in time. */
  readonly postgres?: ServerPostgres;
  /** Aborted: not wanted any more. The start rejects, and no port is bound that is not yet. */
  readonly signal?: AbortSignal;
}

const MAX_CONNECTIONS = 16;
/** For what leads from a report to a CoA-Request. */
const RESPONSE_CONNECTIONS = 8;
const MONTHS_LIMIT_MS = 10_000;
/** For requests under way at the end. */
const HTTP_END_LIMIT_MS = 2_500;

/** The address that CoA requests leave from: ours, where there is one that a NAS can know us by. */
function localAddressFor({ hosts }: Config): (nasAddress: string) => string | undefined {
  return (nasAddress) => {
    const isSpecific = (host: string) =>
      isIP(host) === isIP(nasAddress) && !["0.0.0.0", "::", "::1"].includes(host) && !host.startsWith("127.");
    const specific = hosts.filter(isSpecific);
    return specific.length === 1 && !nasAddress.startsWith("127.") ? specific[0] : undefined;
  };
}

const version = (): string =>
  (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

/** Enforcement: the gateway to the NASes and the dispatcher that makes profiles true. */
async function startEnforcement(core: Core, database: Database): Promise<Dispatcher> {
  const { config, databaseUrl, dictionary, log, metrics, nasDirectory, now } = core;
  const node = await ownNodeId({ dataDir: config.dataDir, databaseUrl });
  const gateway = createNasGateway({
    dictionary,
    metrics: createCoaMetrics(metrics),
    now,
    random: Math.random,
    localAddressFor: localAddressFor(config),
  });
  const dispatcher = createDispatcher({
    database,
    gateway,
    nasDirectory,
    now,
    random: Math.random,
    log,
    nodeId: node.id,
    metrics,
  });
  const stop = async () => {
    await dispatcher.stop();
    await gateway.stop();
    await node.release();
  };
  return { ...dispatcher, stop };
}

/** RADIUS in this process, or in as many processes of its own as are asked for. */
async function startRadius(core: Core, dispatcher: Dispatcher): Promise<RadiusSide> {
  if (core.config.workers > 1) return await startRadiusWorkers(core);
  return await startRadiusSide(core, { committed: dispatcher.wake, reusePort: false });
}

async function adminKey({ adminKey: given, dataDir }: Config): Promise<{ text: string; isNew: boolean; file: string }> {
  const file = join(dataDir, "admin-key");
  return given === undefined ? { ...(await storedKey(file)), file } : { text: given, isNew: false, file };
}

const isUpstreamAsked = ({ upstream }: Config): boolean => (upstream?.auth.length ?? 0) > 0;

/** By what evidence is answered. */
const responseRules = (config: Config) => ({
  playbookFor: builtInPlaybook,
  impossibleHere: impossibleHere({ isUpstreamAuthenticating: isUpstreamAsked(config) }),
  orderMeasure,
  isOwnAddress: ownAddresses(config.ownAddresses),
});

interface ApiParts {
  readonly hotDatabase: Database;
  readonly dispatcher: Dispatcher;
  readonly radius: RadiusSide;
  readonly jobs: ReturnType<typeof startJobs>;
  readonly readReport: ReadReport;
  readonly adminKey: string;
}

async function openApi(
  core: Core,
  { hotDatabase, dispatcher, radius, jobs, readReport, adminKey }: ApiParts,
): Promise<FastifyInstance> {
  const { config, database, dictionary, keyRing, log, metrics, nasDirectory, now } = core;
  const isUpstreamAuthenticating = isUpstreamAsked(config);
  const response = responseRules(config);
  const { isOwnAddress } = response;
  return await createApi({
    database,
    dictionary,
    keyRing,
    log,
    metrics,
    nasDirectory,
    now,
    dispatcher,
    jobs,
    adminKey,
    version: version(),
    trustedProxies: config.trustedProxies,
    isOwnAddress,
    isUpstreamAuthenticating,
    credentials: createCredentialStore({ keyRing, randomBelow: randomInt }),
    receiveReport: createReportReceiver({
      ...response,
      database: hotDatabase,
      readReport,
      newId: randomUUID,
      committed: dispatcher.wake,
    }),
    postCaseEvent: (trx, event) => postCaseEvent(trx, { ...response, liftMeasure, approveMeasure }, event),
    checkReadiness: async () => {
      const isDatabaseUp = await database.query("select 1").then(
        () => true,
        () => false,
      );
      return {
        database: isDatabaseUp,
        ...(config.authPort > 0 && { "radius-auth": radius.authPort !== undefined }),
        ...(config.acctPort > 0 && { "radius-acct": radius.acctPort !== undefined }),
      };
    },
  });
}

/** The HTTP port on every host; the first decides where "any free one" is asked for. */
async function listenHttp(api: FastifyInstance, further: Server[], { hosts, httpPort }: Config): Promise<number> {
  const [first = "127.0.0.1", ...others] = hosts;
  await api.listen({ host: first, port: httpPort });
  const address = api.server.address();
  const port = typeof address === "object" && address ? address.port : httpPort;
  // Fastify listens once; further addresses hand their requests to the same routes.
  for (const host of others) further.push(await listenAlso(api, host, port));
  return port;
}

const closed = (server: Server) => new Promise((resolve) => server.close(resolve));

async function listenAlso(api: FastifyInstance, host: string, port: number): Promise<Server> {
  const { requestTimeout, headersTimeout, keepAliveTimeout } = api.server;
  const options = { requestTimeout, headersTimeout, keepAliveTimeout };
  const server = createServer(options, (request, response) => api.routing(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, ipv6Only: host.includes(":") }, resolve);
  });
  return server;
}

/** Lets requests under way come to their end; one whose body never comes whole would otherwise hold up all that follows. */
async function closeHttp(api: FastifyInstance, further: readonly Server[]): Promise<void> {
  const cutOff = setTimeout(() => {
    for (const server of [api.server, ...further]) server.closeAllConnections();
  }, HTTP_END_LIMIT_MS);
  try {
    await Promise.all([api.close(), ...further.map(closed)]);
  } finally {
    clearTimeout(cutOff);
  }
}

/**
 * Starts everything, in the order in which things need each other, and stops it in the opposite one. Rejects with
 * nothing left running.
 */
export async function startServer({ config, log, postgres, signal }: ServerOptions): Promise<RunningServer> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) {
      await one().catch((error: unknown) => log.error({ err: error }, "stopping failed"));
    }
  };
  try {
    const serverPostgres = postgres ?? new ServerPostgres({ dataFolder: config.dataDir, log });
    const core = await openCore({
      config,
      log,
      maxConnections: MAX_CONNECTIONS,
      serverPostgres,
      ...(signal && { signal }),
    });
    stops.push(core.close);
    signal?.throwIfAborted();
    collectDefaultMetrics({ register: core.metrics });
    const key = await adminKey(config);
    const hotDatabase = core.openHotDatabase(RESPONSE_CONNECTIONS);
    const dispatcher = await startEnforcement(core, hotDatabase);
    stops.push(dispatcher.stop);
    // Before the first record comes: one that stood still for months has none for today's.
    await makeIntervalMonths(core.database, core.now(), AbortSignal.timeout(MONTHS_LIMIT_MS));
    const jobs = startJobs({
      database: core.database,
      jobs: [
        reconcileJob(core.database, dispatcher.wake),
        expireJob(core.database, dispatcher.wake),
        attributeJob({ ...responseRules(config), database: core.database, committed: dispatcher.wake }),
        tidyJob(core.database),
        resealJob(core.database, core.keyRing),
        retentionJob({ database: core.database, retention: config.retention, log }),
      ],
      now: core.now,
      log,
    });
    stops.push(jobs.stop);
    signal?.throwIfAborted();
    const radius = await startRadius(core, dispatcher);
    stops.push(radius.stop);
    const reports = createBoundedReportReader();
    stops.push(reports.stop);
    const parts = { hotDatabase, dispatcher, radius, jobs, readReport: reports.read, adminKey: key.text };
    const api = await openApi(core, parts);
    const further: Server[] = [];
    stops.push(() => closeHttp(api, further));
    signal?.throwIfAborted();
    const http = await listenHttp(api, further, config);
    return {
      host: config.hosts[0] ?? "127.0.0.1",
      ports: {
        http,
        ...(radius.authPort !== undefined && { auth: radius.authPort }),
        ...(radius.acctPort !== undefined && { acct: radius.acctPort }),
      },
      ...(key.isNew && { newAdminKey: key.text }),
      adminKeyFile: key.file,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
