import { BlockList, isIP } from "node:net";
import type { Attribution } from "./attribute.ts";

/** Whether an address is one of the provider's own: a resolver, or what many customers share outside a NAT. */
export type IsOwnAddress = (ip: string) => boolean;

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** From addresses and networks ("203.0.113.0/28"). */
export function ownAddresses(networks: readonly string[]): IsOwnAddress {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", length] = network.split("/");
    if (length === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(length), familyOf(address));
  }
  return (ip) => list.check(ip, familyOf(ip));
}

/** Behind an address of the provider's own is no one customer, whatever session seems to hold it. */
export const disowned = (ip: string, { candidates }: Attribution): Attribution => ({
  verdict: "ambiguous",
  subscriber: null,
  session: null,
  candidates,
  reason: `${ip} is one of the provider's own addresses (WEIR_OWN_ADDRESSES), a resolver or a NAT: it tells no customer`,
});
