import { BlockList, isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { fault, type Reading } from "./observation.ts";

/** Addresses that no machine has as its own towards others. Private ranges are not among them: customers hold those. */
const bogons: readonly (readonly [network: string, bits: number, family: "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["224.0.0.0", 4, "ipv4"],
  ["240.0.0.0", 4, "ipv4"],
  ["::", 127, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
];

const bogonList = bogons.reduce((list, [network, bits, family]) => {
  list.addSubnet(network, bits, family);
  return list;
}, new BlockList());

/** Whether no machine can have it as its own: `0.0.0.0/8`, loopback, link-local, multicast, reserved. */
export const isBogon = (address: string): boolean => bogonList.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

const looksLikeADomain = /^(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*\.?$|^https?:|@/i;

/** Reads one address into its canonical text; an IPv4-mapped one into the IPv4 address that it stands for. */
export function readAddress(value: unknown): Reading<string> {
  if (value === undefined || value === null || value === "") return fault("missing-field", "the address is missing");
  if (typeof value !== "string") return fault("invalid-address", "an address is text");
  const text = value.trim();
  const shown = JSON.stringify(text.slice(0, 60));
  if (text.includes("%")) return fault("address-with-zone", `${shown} has a zone id`);
  // node:net takes the strict forms only: no octal parts, no missing ones.
  if (isIP(text) !== 0) return { ok: true, value: ipaddr.process(text).toString() };
  if (looksLikeADomain.test(text)) return fault("not-an-address", `${shown} is a name, not an address`);
  return fault("invalid-address", `${shown} is not an IP address`);
}

/** Reads a port. Nothing, "" and 0 mean that it is not known. */
export function readPort(value: unknown): Reading<number | undefined> {
  if (value === undefined || value === null || value === "") return { ok: true, value: undefined };
  const port = typeof value === "string" && /^\s*\d{1,5}\s*$/.test(value) ? Number(value) : value;
  if (typeof port !== "number" || !Number.isInteger(port) || port < 0 || port > 65_535)
    return fault("invalid-port", `${JSON.stringify(value)?.slice(0, 40)} is not a port`);
  return { ok: true, value: port === 0 ? undefined : port };
}
