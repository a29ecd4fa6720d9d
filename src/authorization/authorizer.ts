import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { settingKey } from "../coa/setting-key.ts";
import type { Database } from "../database/database.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import type { CredentialStore } from "../subscriber/credential-store.ts";
import type { AcceptDependencies } from "./accept-login.ts";
import { type AccessRequest, type AccessResult, drop } from "./access.ts";
import { createAccessJournal, type InsertAccessEnforcements } from "./access-journal.ts";
import { type AccessMetrics, createAccessMetrics } from "./access-metrics.ts";
import { BatchError } from "./batch.ts";
import { createGrants, type SaveGrants } from "./grants.ts";
import { createHiddenAttributes } from "./hidden-attributes.ts";
import { createJudge } from "./judge-credential.ts";
import { createLastKnownProfiles } from "./last-known-profiles.ts";
import type { KeyOfText } from "./lay-over.ts";
import { createLocalLogin } from "./local-login.ts";
import { createLoginAccounts, type LoadLoginProfiles } from "./login-accounts.ts";
import { createPasswordChange, type RegenerationMeasure } from "./password-change.ts";
import { createProfileLookUp } from "./profile-look-up.ts";
import { createProfileOverlay } from "./profile-overlay.ts";
import { keepRestrictedMemory } from "./restricted-memory.ts";
import { createStateServers } from "./state-servers.ts";
import type { UpstreamClient } from "./upstream-client.ts";
import { createUpstreamLogin } from "./upstream-login.ts";

export interface AuthorizerDependencies {
  readonly database: Database;
  readonly dictionary: Dictionary;
  readonly loginProfile: LoadLoginProfiles;
  readonly saveGrants: SaveGrants;
  readonly insertAccessEnforcements: InsertAccessEnforcements;
  readonly credentials: CredentialStore;
  readonly regenerationMeasure: RegenerationMeasure;
  /** Absent: local credentials. Its client stays the caller's to stop. */
  readonly upstream?: UpstreamForLogins;
  readonly registry: Registry;
  readonly log: Logger;
  readonly now: () => Date;
  /** Cryptographic octets. */
  readonly randomOctets: (count: number) => Buffer;
  readonly limits?: Partial<AuthorizerLimits>;
}

export interface UpstreamForLogins {
  readonly client: UpstreamClient;
  readonly secret: Buffer;
  /** What marks our hop in the packets; the same octets in each. */
  readonly proxyState: Buffer;
}

export interface AuthorizerLimits {
  /** For each question to the database; NASes ask again after 3 to 5 seconds. */
  readonly maxWaitMs: number;
  /** Restricted usernames that are remembered for the time without a database. */
  readonly maxRemembered: number;
  readonly rememberEveryMs: number;
}

export interface Authorizer {
  /** What an Access-Request gets. Never rejects: what cannot be worked on is dropped with its reason, and counted. */
  authorize(request: AccessRequest): Promise<AccessResult>;
  stop(): Promise<void>;
}

const defaultLimits: AuthorizerLimits = { maxWaitMs: 1_000, maxRemembered: 100_000, rememberEveryMs: 5_000 };
const MAX_CONVERSATIONS = 20_000;

interface Parts {
  readonly accept: AcceptDependencies;
  readonly limits: AuthorizerLimits;
}

interface Way {
  login(request: AccessRequest): Promise<AccessResult>;
  stop(): Promise<void>;
}

/**
 * What Access-Requests get: checked by the upstream where there is one, else against local credentials, with the
 * subscriber's profile laid over. Without the database an upstream's logins go on with the profile last known; local
 * ones are not answered, so that the NAS asks its next server.
 */
export function createAuthorizer(dependencies: AuthorizerDependencies): Authorizer {
  const { database, dictionary, registry, log, saveGrants } = dependencies;
  const limits = { ...defaultLimits, ...dependencies.limits };
  const grants = createGrants({ queryable: database, saveGrants, maxWaitMs: limits.maxWaitMs });
  const metrics = createAccessMetrics(registry);
  const journal = createAccessJournal({
    queryable: database,
    insertAccessEnforcements: dependencies.insertAccessEnforcements,
    maxWaitMs: limits.maxWaitMs,
    failed: () => metrics.withoutDatabase.inc({ what: "journal" }),
  });
  const accept: AcceptDependencies = {
    overlay: createProfileOverlay(dictionary),
    hidden: createHiddenAttributes(dictionary),
    keyOfText: keysOfTexts(dictionary),
    grants,
    journal,
    metrics,
    log,
  };
  const { upstream } = dependencies;
  const way = upstream
    ? upstreamWay(dependencies, upstream, { accept, limits })
    : localWay(dependencies, { accept, limits });
  return {
    authorize: async (request) => {
      const result = await way.login(request).catch((error: unknown) => dropped(log, error));
      count(metrics, result);
      return result;
    },
    stop: async () => {
      await way.stop();
      grants.stop();
      journal.stop();
    },
  };
}

function localWay(dependencies: AuthorizerDependencies, { accept, limits }: Parts): Way {
  const { database, loginProfile, credentials, regenerationMeasure, randomOctets, now, log } = dependencies;
  const accounts = createLoginAccounts({ queryable: database, loginProfile, credentials, maxWaitMs: limits.maxWaitMs });
  const login = createLocalLogin({
    ...accept,
    accounts,
    judge: createJudge(credentials, credentials.decoy(), log),
    passwordChange: createPasswordChange({ database, credentials, measure: regenerationMeasure, now }),
    randomOctets,
  });
  return { login, stop: async () => accounts.stop() };
}

function upstreamWay(
  { database, loginProfile, randomOctets }: AuthorizerDependencies,
  upstream: UpstreamForLogins,
  { accept, limits }: Parts,
): Way {
  const accounts = createLoginAccounts({ queryable: database, loginProfile, maxWaitMs: limits.maxWaitMs });
  const lastKnown = createLastKnownProfiles(limits.maxRemembered);
  const memory = keepRestrictedMemory({
    queryable: database,
    lastKnown,
    limit: limits.maxRemembered,
    everyMs: limits.rememberEveryMs,
  });
  const login = createUpstreamLogin({
    ...accept,
    ...upstream,
    profiles: createProfileLookUp(accounts, lastKnown, accept.metrics),
    states: createStateServers(MAX_CONVERSATIONS),
    randomOctets,
  });
  const stop = async () => {
    accounts.stop();
    await memory.stop();
  };
  return { login, stop };
}

/** Vendors' AVPair attributes hold any number of "key=value" settings under one type. */
function keysOfTexts(dictionary: Dictionary): KeyOfText {
  const oids = new Set(
    dictionary
      .attributes()
      .filter(({ name, type }) => type === "string" && /avpair$/i.test(name))
      .map(({ oid }) => oid),
  );
  return (vendor, type, text) => (oids.has(`26.${vendor}.${type}`) ? settingKey(text) : undefined);
}

function dropped(log: Logger, error: unknown): AccessResult {
  if (error instanceof BatchError) return drop("database-unavailable");
  log.error({ err: error }, "an Access-Request could not be worked on");
  return drop("internal-error");
}

function count(metrics: AccessMetrics, result: AccessResult): void {
  if (result.kind === "answer") metrics.answers.inc({ code: `${result.code}` });
  else metrics.drops.inc({ reason: result.reason });
}
