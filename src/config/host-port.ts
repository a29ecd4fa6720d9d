import { isIPv6 } from "node:net";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Reads "host", "host:port", "[v6]:port" or a bare IPv6 address; undefined where it is none of these. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | undefined } | undefined {
  if (isIPv6(text)) return { host: text, port: undefined };
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?$/.exec(text);
  if (!match) return undefined;
  const [, v6, name, portText] = match;
  const port = portText === undefined ? undefined : Number(portText);
  if (port === 0 || (port ?? 1) > 65_535 || (v6 !== undefined && !isIPv6(v6))) return undefined;
  return { host: v6 ?? name ?? "", port };
}
