import { randomBytes, randomInt } from "node:crypto";
import { type Authorizer, createAuthorizer } from "./authorization/authorizer.ts";
import { type AccountingForwarder, createAccountingForwarder } from "./authorization/upstream-accounting.ts";
import { createUpstreamClient, type UpstreamClient } from "./authorization/upstream-client.ts";
import { createUpstreamMetrics, type UpstreamMetrics } from "./authorization/upstream-metrics.ts";
import { keepUpstreamSigning } from "./authorization/upstream-signing.ts";
import type { HostPort } from "./config/host-port.ts";
import type { Core } from "./core.ts";
import type { Database } from "./database/database.ts";
import { insertAccessEnforcements } from "./enforcement/access-journal-store.ts";
import { enqueueOpened } from "./enforcement/outbox-store.ts";
import { endPasswordRegeneration, markPasswordRegenerated } from "./enforcement/regenerate-password.ts";
import { loginProfile } from "./enforcement/subscriber-profile-store.ts";
import { startRadiusListener } from "./listener/start-radius-listener.ts";
import { saveGrants } from "./session/grant-store.ts";
import { createSessionNotices } from "./session/session-notices.ts";
import { createSessionRecorder } from "./session/session-recorder.ts";
import { createCredentialStore } from "./subscriber/credential-store.ts";

/** The RADIUS ports and all that answers on them. Any number of processes and nodes may run one on the same database. */
export interface RadiusSide {
  /** undefined: off. */
  readonly authPort: number | undefined;
  readonly acctPort: number | undefined;
  stop(): Promise<void>;
}

export interface RadiusSideOptions {
  /** Sessions were opened that may not follow their profile: enforcement has something to look at. */
  readonly committed: () => void;
  /** Several processes share the ports. */
  readonly reusePort: boolean;
}

interface UpstreamSide {
  readonly auth: UpstreamClient | undefined;
  readonly acct: AccountingForwarder | undefined;
  readonly secret: Buffer;
  readonly proxyState: Buffer;
  stop(): Promise<void>;
}

/** Two batches of records, two of grants, look-ups and journal; more would only wait for the same cores. */
const HOT_CONNECTIONS = 8;
const PROXY_STATE_OCTETS = 8;
/** Until then a server that another process saw sign may still be believed here without. */
const SIGNING_EVERY_MS = 5_000;

async function openUpstream(
  { config, database, log, metrics, now }: Core,
  hotDatabase: Database,
): Promise<UpstreamSide | undefined> {
  const { upstream } = config;
  if (!upstream) return undefined;
  const counted: UpstreamMetrics = createUpstreamMetrics(metrics);
  const secret = Buffer.from(upstream.secret, "utf8");
  // What tells our hop from others'; the same through a process's life, so that nothing can be learnt from it.
  const proxyState = randomBytes(PROXY_STATE_OCTETS);
  const rule = upstream.messageAuthenticator;
  const signing = await keepUpstreamSigning({ queryable: database, rule, now, everyMs: SIGNING_EVERY_MS });
  const client = (servers: readonly HostPort[], kind: "auth" | "acct") =>
    createUpstreamClient({
      servers,
      kind,
      secret,
      metrics: counted,
      signing,
      randomOctets: randomBytes,
      changed: ({ name, isUp }) =>
        isUp
          ? log.info({ server: name }, "upstream answers again")
          : log.warn({ server: name }, "upstream does not answer"),
    });
  const auth = upstream.auth.length > 0 ? client(upstream.auth, "auth") : undefined;
  const acctClient = upstream.acct.length > 0 ? client(upstream.acct, "acct") : undefined;
  const acct =
    acctClient &&
    createAccountingForwarder({
      database: hotDatabase,
      client: acctClient,
      secret,
      metrics: counted,
      now,
      proxyState,
      onError: (error) => log.warn({ err: error }, "accounting for the upstream waits for the database"),
    });
  const stop = async () => {
    await acct?.stop();
    acctClient?.stop();
    auth?.stop();
    await signing.stop();
  };
  return { auth, acct, secret, proxyState, stop };
}

function openAuthorizer(
  core: Core,
  { database, upstream }: { readonly database: Database; readonly upstream: UpstreamSide | undefined },
): Authorizer {
  const { dictionary, keyRing, log, metrics, now } = core;
  return createAuthorizer({
    database,
    dictionary,
    loginProfile,
    saveGrants,
    insertAccessEnforcements,
    credentials: createCredentialStore({ keyRing, randomBelow: randomInt }),
    regenerationMeasure: { markPasswordRegenerated, endPasswordRegeneration },
    ...(upstream?.auth && {
      upstream: { client: upstream.auth, secret: upstream.secret, proxyState: upstream.proxyState },
    }),
    registry: metrics,
    log,
    now,
    randomOctets: randomBytes,
  });
}

/** Opens the RADIUS ports of the configuration (0: off). */
export async function startRadiusSide(core: Core, options: RadiusSideOptions): Promise<RadiusSide> {
  const { config, nasDirectory, log, metrics, now } = core;
  const database = core.openHotDatabase(HOT_CONNECTIONS);
  const upstream = await openUpstream(core, database);
  const authorizer = openAuthorizer(core, { database, upstream });
  const recorder = createSessionRecorder({
    database,
    now,
    autoSubscribers: config.autoSubscribers,
    hooks: {
      opened: (trx, sessions) => enqueueOpened(trx, sessions, { areLoginsLocal: upstream?.auth === undefined }),
      committed: options.committed,
    },
    notices: createSessionNotices({
      registry: metrics,
      now,
      tell: ({ nasId, acctSessionId, granted, shown }) =>
        log.warn(
          { nas: nasId, acctSessionId, granted, shown },
          "accounting names another user than the Access-Accept: the session is taken to be of the latter",
        ),
    }),
    onError: (error) =>
      log.warn({ err: error }, "accounting records could not be committed; their NAS will send them again"),
  });
  const stopAll = async () => {
    await recorder.stop();
    await authorizer.stop();
    await upstream?.stop();
  };
  try {
    const acct = upstream?.acct;
    const listener = await startRadiusListener({
      hosts: config.hosts,
      ...(config.authPort > 0 && { authPort: config.authPort }),
      ...(config.acctPort > 0 && { acctPort: config.acctPort }),
      nasDirectory,
      recorder,
      authorizer,
      ...(acct && { forwardAccounting: (request) => acct.forward(request) }),
      metrics,
      log,
      reusePort: options.reusePort,
    });
    return {
      authPort: listener.authPort,
      acctPort: listener.acctPort,
      stop: async () => {
        await listener.stop();
        await stopAll();
      },
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}
