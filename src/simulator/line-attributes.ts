import { decodeIpv6Prefix, encodeIpv6Prefix } from "../radius/address-value.ts";
import type { Attribute } from "../radius/attribute.ts";
import { type NasIdentity, nasAttributes } from "./nas-identity.ts";
import { delegatedPrefixOf, macOf, portOf, usernameOf } from "./subscriber-names.ts";

const ETHERNET = 15;
const FRAMED = 2;
const PPP = 1;

/** What every packet about a line says of it. */
export const lineAttributes = (n: number, nas: NasIdentity): Attribute[] => [
  { name: "User-Name", value: usernameOf(n) },
  ...nasAttributes(nas),
  { name: "NAS-Port", value: n },
  { name: "NAS-Port-Id", value: portOf(n) },
  { name: "NAS-Port-Type", value: ETHERNET },
  { name: "Service-Type", value: FRAMED },
  { name: "Framed-Protocol", value: PPP },
  { name: "Calling-Station-Id", value: macOf(n) },
  { name: "Called-Station-Id", value: "isp-internet" },
];

/** In the form in which it comes back from the wire, so that it can be compared with what a request names. */
const prefixOf = (n: number): string => {
  const text = delegatedPrefixOf(n);
  return decodeIpv6Prefix(encodeIpv6Prefix(text)) ?? text;
};

export const sessionAttributes = (
  n: number,
  { id, ipv4 }: { readonly id: string; readonly ipv4: string },
): Attribute[] => [
  { name: "Acct-Session-Id", value: id },
  { name: "Framed-IP-Address", value: ipv4 },
  { name: "Delegated-IPv6-Prefix", value: prefixOf(n) },
];
