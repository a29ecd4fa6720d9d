/**
 * Addresses that a NAS sends in place of one: none yet (0.0.0.0), "the user may choose" and "the NAS should choose"
 * (RFC 2865 section 5.8).
 */
const placeholders: ReadonlySet<string> = new Set(["0.0.0.0", "255.255.255.255", "255.255.255.254"]);

/** Whether one session can be told from others by this Framed-IP-Address. */
export const isUsableIpv4 = (address: string): boolean => !placeholders.has(address);

/** Shorter prefixes are a NAS's mistake: nobody's line holds a good part of the internet. */
const SHORTEST_IPV6_PREFIX = 16;

/** Link-local, multicast, unspecified and loopback belong to everybody. */
export function isUsableIpv6Prefix(prefix: string): boolean {
  const length = Number(prefix.slice(prefix.indexOf("/") + 1));
  return length >= SHORTEST_IPV6_PREFIX && !/^(?:fe[89ab]|ff|::1?\/)/.test(prefix);
}
