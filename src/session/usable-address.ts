/**
 * First octets that are nobody's line: "this network", where "none yet" belongs too (RFC 1122 section 3.2.1.3), loopback, and
 * from 224 on multicast and what is reserved (RFC 1112), with "the user may choose" and "the NAS should choose" (RFC 2865
 * section 5.8).
 */
const isNobodysOctet = (first: number): boolean => first === 0 || first === 127 || first >= 224;

/** Whether one session can be told from others by this Framed-IP-Address. */
export const isUsableIpv4 = (address: string): boolean =>
  !isNobodysOctet(Number(address.slice(0, address.indexOf("."))));

/**
 * A line gets a /48 to a /64 (RFC 6177, RIPE-690), and a /32 is what a whole ISP begins with (RIPE-738).
 * Whoever claims more would have a share in everybody's attribution.
 */
const SHORTEST_IPV6_PREFIX = 32;

/** Link-local, multicast, unspecified and loopback belong to everybody. */
export function isUsableIpv6Prefix(prefix: string): boolean {
  const length = Number(prefix.slice(prefix.indexOf("/") + 1));
  return length >= SHORTEST_IPV6_PREFIX && !/^(?:fe[89ab][0-9a-f]:|ff[0-9a-f]{2}:|::1?\/)/.test(prefix);
}
