import { resolve } from "node:path";
import type { Config } from "./config.ts";
import { unknownInFile, unknownVariables } from "./unknown-settings.ts";
import { nameInFile, type settings, withoutEffect } from "./variable-names.ts";
import * as variables from "./variables.ts";

/** The environment, and the same settings from a file, by their names in lower camel case. The environment wins. */
export interface ConfigInput {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file?: Readonly<Record<string, unknown>>;
}

export type ParsedConfig =
  | { readonly ok: true; readonly config: Config }
  /** Each begins with the name of the variable it is about. */
  | { readonly ok: false; readonly problems: readonly string[] };

type Variable = (typeof settings)[number];

const GOOD_KEY_CHARACTERS = 32;
const GOOD_ADMIN_KEY_CHARACTERS = 16;
const shortAdminKey = `WEIR_ADMIN_KEY has less than ${GOOD_ADMIN_KEY_CHARACTERS} characters, so it can be guessed: take 32 random octets (openssl rand -base64 32)`;
const shortKey = `WEIR_SECRET_KEY has a key of less than ${GOOD_KEY_CHARACTERS} characters: take 32 random octets (openssl rand -base64 32)`;

const upstreamServers = ["WEIR_UPSTREAM_AUTH", "WEIR_UPSTREAM_ACCT"] as const;

const fileText = (setting: unknown): string =>
  Array.isArray(setting) ? setting.map(String).join(",") : String(setting);

/** An empty value counts as not set, as compose files and service units write it. */
function textOf(input: ConfigInput, variable: string): string | undefined {
  const fromEnvironment = input.environment[variable];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  const fromFile = input.file?.[nameInFile(variable)];
  return fromFile === undefined || fromFile === null || fromFile === "" ? undefined : fileText(fromFile);
}

/** Reads everything and says everything that is wrong at once. */
export function parseConfig(input: ConfigInput): ParsedConfig {
  const problems = unknownInFile(input.file ?? {});
  const read = <T>(variable: Variable, reader: (text: string) => variables.Read<T>): T | undefined => {
    const text = textOf(input, variable);
    if (text === undefined) return undefined;
    const result = reader(text);
    if (result.ok) return result.value;
    problems.push(`${variable}: ${result.problem}`);
    return undefined;
  };
  const databaseUrl = read("DATABASE_URL", variables.readDatabaseUrl);
  const auth = read("WEIR_UPSTREAM_AUTH", variables.readServers(1812));
  const acct = read("WEIR_UPSTREAM_ACCT", variables.readServers(1813));
  const secret = read("WEIR_UPSTREAM_SECRET", variables.readText);
  const isUpstreamSet = upstreamServers.some((variable) => textOf(input, variable) !== undefined);
  if (isUpstreamSet && secret === undefined)
    problems.push("WEIR_UPSTREAM_SECRET: needed with WEIR_UPSTREAM_AUTH or WEIR_UPSTREAM_ACCT");
  const messageAuthenticator =
    read("WEIR_UPSTREAM_MESSAGE_AUTHENTICATOR", variables.readMessageAuthenticator) ?? "auto";
  const adminKey = read("WEIR_ADMIN_KEY", variables.readAdminKey);
  const secretKeys = read("WEIR_SECRET_KEY", variables.readKeys);
  const portalUrl = read("WEIR_PORTAL_URL", variables.readHttpUrl);
  const config: Config = {
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    dataDir: resolve(read("WEIR_DATA_DIR", variables.readText) ?? "./var"),
    hosts: read("WEIR_HOST", variables.readAddresses) ?? ["127.0.0.1"],
    trustedProxies: read("WEIR_TRUSTED_PROXIES", variables.readNetworks) ?? [],
    ownAddresses: read("WEIR_OWN_ADDRESSES", variables.readNetworks) ?? [],
    httpPort: read("WEIR_HTTP_PORT", variables.readPort) ?? 8080,
    portalPort: read("WEIR_PORTAL_PORT", variables.readPort) ?? 8081,
    authPort: read("WEIR_AUTH_PORT", variables.readPort) ?? 1812,
    acctPort: read("WEIR_ACCT_PORT", variables.readPort) ?? 1813,
    ...((auth || acct) && secret !== undefined
      ? { upstream: { auth: auth ?? [], acct: acct ?? [], secret, messageAuthenticator } }
      : {}),
    ...(adminKey === undefined ? {} : { adminKey }),
    ...(secretKeys === undefined ? {} : { secretKeys }),
    autoSubscribers: read("WEIR_AUTO_SUBSCRIBERS", variables.readBoolean) ?? true,
    workers: read("WEIR_WORKERS", variables.readWorkers) ?? 1,
    retention: {
      sessionDays: read("WEIR_RETENTION_SESSION_DAYS", variables.readRetentionDays) ?? 365,
      caseDays: read("WEIR_RETENTION_CASE_DAYS", variables.readRetentionDays) ?? 730,
    },
    ...(portalUrl === undefined ? {} : { portalUrl }),
    logLevel: read("WEIR_LOG_LEVEL", variables.readLogLevel) ?? "info",
    warnings: [
      ...unknownVariables(input.environment),
      ...withoutEffect
        .filter((variable) => textOf(input, variable) !== undefined)
        .map((variable) => `${variable} is set, and has no effect in this version`),
      ...(adminKey !== undefined && adminKey.length < GOOD_ADMIN_KEY_CHARACTERS ? [shortAdminKey] : []),
      ...(secretKeys?.some((key) => key.length < GOOD_KEY_CHARACTERS) ? [shortKey] : []),
    ],
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config: Object.freeze(config) };
}
