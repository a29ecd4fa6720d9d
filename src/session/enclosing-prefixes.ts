import ipaddr from "ipaddr.js";

/**
 * Every prefix that contains an address, as text that PostgreSQL's cidr takes: 33 for IPv4, 129 for IPv6. Each is one probe
 * of an ordinary index, whose cost does not grow with the number of addresses known.
 * Throws on what is no address: check before.
 */
export function enclosingPrefixes(address: string): string[] {
  // A customer's address never comes as ::ffff:192.0.2.1, but a report may write it so.
  const octets = ipaddr.process(address).toByteArray();
  const prefixes: string[] = [];
  for (let length = octets.length * 8; length >= 0; length--) {
    prefixes.push(`${ipaddr.fromByteArray(octets)}/${length}`);
    const last = length - 1;
    if (last >= 0) octets[last >> 3] = (octets[last >> 3] ?? 0) & (0xff << (8 - (last & 7)));
  }
  return prefixes;
}
