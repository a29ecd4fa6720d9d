import type { HostPort } from "./host-port.ts";
import type { Retention } from "./retention.ts";

/** The whole configuration: parsed and checked once, then only read. Ports: 0 means "any free one" for HTTP, "off" for RADIUS. */
export interface Config {
  /** undefined: the embedded PostgreSQL under `dataDir`. */
  readonly databaseUrl?: string;
  readonly dataDir: string;
  readonly hosts: readonly string[];
  readonly trustedProxies: readonly string[];
  /** Addresses and networks that tell no customer: resolvers, the outside of NATs. */
  readonly ownAddresses: readonly string[];
  readonly httpPort: number;
  readonly portalPort: number;
  readonly authPort: number;
  readonly acctPort: number;
  /** undefined: local credentials. */
  readonly upstream?: Upstream;
  /** undefined: made at the first start, and kept in the data folder. */
  readonly adminKey?: string;
  /** Key texts for secrets at rest, newest first. undefined: made at the first start, and kept in the data folder. */
  readonly secretKeys?: readonly [string, ...string[]];
  readonly autoSubscribers: boolean;
  readonly workers: number;
  readonly retention: Retention;
  readonly portalUrl?: string;
  readonly logLevel: LogLevel;
  /** What was set but has no effect in this version: to be logged, not to be an error. */
  readonly warnings: readonly string[];
}

export interface Upstream {
  readonly auth: readonly HostPort[];
  readonly acct: readonly HostPort[];
  readonly secret: string;
  /** Whether their answers must carry a Message-Authenticator; auto: once they did. */
  readonly messageAuthenticator: "auto" | "require";
}

export const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];
