import { isIP } from "node:net";
import { type LogLevel, logLevels } from "./config.ts";
import { type HostPort, parseHostPort } from "./host-port.ts";
import { LEAST_RETENTION_DAYS } from "./retention.ts";

/** A value, or what is wrong with the text, to be put behind the variable's name. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const value = <T>(read: T): Read<T> => ({ ok: true, value: read });
const problem = (text: string): Read<never> => ({ ok: false, problem: text });

const list = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

export function readPort(text: string): Read<number> {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
    ? value(Number(text))
    : problem(`"${text}" is not a port (0 to 65535)`);
}

export function readWorkers(text: string): Read<number> {
  return /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 128
    ? value(Number(text))
    : problem(`"${text}" is not a number of processes (1 to 128)`);
}

const MOST_DAYS = 36_500;

export function readRetentionDays(text: string): Read<number> {
  const days = Number(text);
  if (!/^\d{1,5}$/.test(text) || days > MOST_DAYS)
    return problem(`"${text}" is not a number of days (${LEAST_RETENTION_DAYS} to ${MOST_DAYS}, or 0 for ever)`);
  return days === 0 || days >= LEAST_RETENTION_DAYS
    ? value(days)
    : problem(`${text} days are too few: playbooks look back ${LEAST_RETENTION_DAYS} days (0 keeps for ever)`);
}

export function readBoolean(text: string): Read<boolean> {
  const lower = text.toLowerCase();
  if (["true", "yes", "on", "1"].includes(lower)) return value(true);
  if (["false", "no", "off", "0"].includes(lower)) return value(false);
  return problem(`"${text}" is neither true nor false`);
}

export function readAddresses(text: string): Read<string[]> {
  const addresses = list(text);
  const bad = addresses.filter((address) => isIP(address) === 0);
  if (addresses.length === 0) return problem("names no address");
  return bad.length === 0 ? value(addresses) : problem(`"${bad.join(", ")}" is not an IP address`);
}

export function readNetworks(text: string): Read<string[]> {
  const networks = list(text);
  const isNetwork = (network: string) => {
    const [address = "", length, ...rest] = network.split("/");
    const family = isIP(address);
    if (family === 0 || rest.length > 0) return false;
    return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
  };
  const bad = networks.filter((network) => !isNetwork(network));
  return bad.length === 0 ? value(networks) : problem(`"${bad.join(", ")}" is not an IP address or network`);
}

/** "192.0.2.1" is not taken to be at the usual port: where that was forgotten, logins would go nowhere without a word. */
export const readServers =
  (usualPort: number) =>
  (text: string): Read<HostPort[]> => {
    const servers: HostPort[] = [];
    for (const part of list(text)) {
      const server = parseHostPort(part);
      if (!server) return problem(`"${part}" is not host:port (an IPv6 address stands in brackets)`);
      const { host, port } = server;
      const shown = host.includes(":") ? `[${host}]` : host;
      if (port === undefined) return problem(`"${part}" has no port: write ${shown}:${usualPort}, or what it is there`);
      servers.push({ host, port });
    }
    return servers.length > 0 ? value(servers) : problem("names no server");
  };

export function readDatabaseUrl(text: string): Read<string> {
  const scheme = URL.canParse(text) ? new URL(text).protocol : "";
  return scheme === "postgres:" || scheme === "postgresql:"
    ? value(text)
    : problem("is not a URL of the form postgres://user:password@host:port/database");
}

export function readHttpUrl(text: string): Read<string> {
  const scheme = URL.canParse(text) ? new URL(text).protocol : "";
  return scheme === "http:" || scheme === "https:" ? value(text) : problem(`"${text}" is not an http or https URL`);
}

export function readLogLevel(text: string): Read<LogLevel> {
  const level = logLevels.find((known) => known === text);
  return level ? value(level) : problem(`"${text}" is none of ${logLevels.join(", ")}`);
}

/** It travels in an Authorization header: visible ASCII only, without blanks (RFC 6750 section 2.1). */
export const readAdminKey = (text: string): Read<string> =>
  /^[\x21-\x7e]{1,512}$/.test(text)
    ? value(text)
    : problem("could not be sent in a header: at most 512 characters of ASCII, without blanks");

export function readMessageAuthenticator(text: string): Read<"auto" | "require"> {
  return text === "auto" || text === "require" ? value(text) : problem(`"${text}" is neither auto nor require`);
}

export const readText = (text: string): Read<string> => value(text);

export function readKeys(text: string): Read<readonly [string, ...string[]]> {
  const [first, ...rest] = list(text);
  const tooShort = [first ?? "", ...rest].some((key) => key.length < 16);
  if (first === undefined || tooShort) return problem("needs at least 16 characters a key");
  return value([first, ...rest]);
}
