import { hash } from "node:crypto";
import { HEADER_OCTETS } from "../radius/decode-packet.ts";
import type { Packet, RawAttribute } from "../radius/packet.ts";
import {
  identityAttributes,
  type KeptAttribute,
  observedAttributes,
  observedVendorAttributes,
} from "./accounting-attributes.ts";
import { isPortRange, sharedPorts, vendorPortItems } from "./shared-ports.ts";
import { isUsableIpv4, isUsableIpv6Prefix } from "./usable-address.ts";

/** What a record shows besides its counters and times: subscriber, line, addresses and profile. */
export interface Shown {
  readonly username: string;
  readonly ipv4: string | undefined;
  /** The ports of `ipv4` that are the session's (session/shared-ports.ts); undefined: all. */
  readonly sharedPorts: string | undefined;
  /** Framed-IPv6-Prefix, Delegated-IPv6-Prefix and Framed-IPv6-Address (as /128): each sorted, and each value once. */
  readonly ipv6Prefixes: readonly string[];
  readonly delegatedPrefixes: readonly string[];
  readonly ipv6Addresses: readonly string[];
  readonly identity: Readonly<Record<string, string>>;
  readonly observed: Readonly<Record<string, readonly string[]>>;
}

const VENDOR_SPECIFIC = 26;
const FRAMED_IPV6_PREFIX = 97;
const DELEGATED_IPV6_PREFIX = 123;
const FRAMED_IPV6_ADDRESS = 168;
const ipv6Attributes: ReadonlySet<number> = new Set([FRAMED_IPV6_PREFIX, DELEGATED_IPV6_PREFIX, FRAMED_IPV6_ADDRESS]);

type KeptVendorAttribute = readonly [kept: KeptAttribute, value: Buffer];

/** What is kept of a Vendor-Specific of format 1,1 (RFC 2865 section 5.26); what does not fit it is left out. */
function vendorAttributes(value: Buffer): KeptVendorAttribute[] {
  const attributes = value.length < 6 ? undefined : observedVendorAttributes.get(value.readUInt32BE(0));
  if (attributes === undefined) return [];
  const found: KeptVendorAttribute[] = [];
  for (let at = 4; at + 2 <= value.length; ) {
    const size = value[at + 1] ?? 0;
    if (size < 2 || at + size > value.length) break;
    const kept = attributes.get(value[at] ?? 0);
    if (kept !== undefined) found.push([kept, value.subarray(at + 2, at + size)]);
    at += size;
  }
  return found;
}

interface Draft {
  readonly identity: Record<string, string>;
  readonly observed: Record<string, string[]>;
  /** By attribute number. */
  readonly ipv6: Map<number, string[]>;
}

function keepObserved(draft: Draft, kept: KeptAttribute, value: Buffer): void {
  const text = kept.read(value);
  if (text === undefined) return;
  const texts = draft.observed[kept.name];
  if (texts === undefined) draft.observed[kept.name] = [text];
  else texts.push(text);
}

function keepIdentity(draft: Draft, type: number, kept: KeptAttribute, value: Buffer): void {
  const text = kept.read(value);
  if (text === undefined) return;
  if (ipv6Attributes.has(type)) {
    const prefix = type === FRAMED_IPV6_ADDRESS ? `${text}/128` : text;
    if (isUsableIpv6Prefix(prefix)) draft.ipv6.set(type, [...(draft.ipv6.get(type) ?? []), prefix]);
  }
  draft.identity[kept.name] ??= text;
}

function keep(draft: Draft, { type, value }: RawAttribute): void {
  const identity = identityAttributes.get(type);
  if (identity !== undefined) keepIdentity(draft, type, identity, value);
  else if (type === VENDOR_SPECIFIC)
    for (const [kept, part] of vendorAttributes(value)) keepObserved(draft, kept, part);
  else {
    const observed = observedAttributes.get(type);
    if (observed !== undefined) keepObserved(draft, observed, value);
  }
}

/** Reads what a record shows. Malformed attributes are left out. */
export function readShown(packet: Packet): Shown {
  const draft: Draft = { identity: {}, observed: {}, ipv6: new Map() };
  for (const attribute of packet.attributes) keep(draft, attribute);
  const ipv6 = (type: number) => [...new Set(draft.ipv6.get(type))].sort();
  const framed = draft.identity["Framed-IP-Address"];
  const ipv4 = framed !== undefined && isUsableIpv4(framed) ? framed : undefined;
  return {
    username: draft.identity["User-Name"] ?? "",
    ipv4,
    sharedPorts: sharedPorts(packet, ipv4),
    ipv6Prefixes: ipv6(FRAMED_IPV6_PREFIX),
    delegatedPrefixes: ipv6(DELEGATED_IPV6_PREFIX),
    ipv6Addresses: ipv6(FRAMED_IPV6_ADDRESS),
    identity: draft.identity,
    observed: draft.observed,
  };
}

const isShown = (attribute: RawAttribute): boolean =>
  identityAttributes.has(attribute.type) || observedAttributes.has(attribute.type) || isPortRange(attribute);

/** The octets of all that `readShown` reads, in their order: where attributes follow each other, as one piece. */
function shownOctets({ attributes, octets }: Packet): Buffer[] {
  const pieces: Buffer[] = [];
  let from = HEADER_OCTETS;
  let at = from;
  for (const attribute of attributes) {
    const { type, value } = attribute;
    const next = at + 2 + value.length;
    if (!isShown(attribute)) {
      if (from < at) pieces.push(octets.subarray(from, at));
      from = next;
      if (type === VENDOR_SPECIFIC) pieces.push(...shownVendorOctets(value));
    }
    at = next;
  }
  if (from < at) pieces.push(octets.subarray(from, at));
  return pieces;
}

const shownVendorOctets = (value: Buffer): Buffer[] => [
  ...vendorAttributes(value).flatMap(([kept, part]) =>
    kept.read(part) === undefined ? [] : [Buffer.from(`${kept.name} ${part.length} `), part],
  ),
  ...vendorPortItems(value).flatMap(({ number, octets }) => [Buffer.from(`${number} ${octets.length} `), octets]),
];

/**
 * What a record shows, in 64 bits (decimal text, as PostgreSQL's bigint), without reading it: two records of one session
 * with the same digest show the same. The same in another order has another.
 */
export const shownDigest = (packet: Packet): string =>
  hash("md5", Buffer.concat(shownOctets(packet)), "buffer")
    .readBigInt64BE(0)
    .toString();
