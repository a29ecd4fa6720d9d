import { decodeIpv4 } from "../radius/address-value.ts";
import { commonFormat, cutItems, type Item } from "../radius/cut-items.ts";
import { octetsText } from "../radius/octets-text.ts";
import type { Packet, RawAttribute } from "../radius/packet.ts";

/** First and last port, both included. */
type PortRange = readonly [first: number, last: number];

/** Ports of an address that a record gives to its session. */
interface PortClaim {
  /** undefined: it does not say, so it is the session's own. */
  readonly address: string | undefined;
  /** None: they are not told in a way that could be relied on. */
  readonly ranges: readonly PortRange[];
}

/** PostgreSQL's multirange without anything in it: the address is shared, and nobody knows which ports are whose. */
export const UNKNOWN_PORTS = "{}";

const VENDOR_SPECIFIC = 26;
const EXTENDED_1 = 241;
const IP_PORT_RANGE = 6;
/** IP-Port-Type: ports of TCP and UDP and identifiers of ICMP alike. */
const ALL_TRANSPORTS = 1;
const ALLOCATION = 1;

const NOKIA = 6527;
const ALC_NAT_PORT_RANGE = 121;
const HUAWEI = 2011;
const NETELASTIC = 54268;
/** Huawei-NAT-Public-Address, -Start-Port, -End-Port; netElastic has the same numbers. */
const [PUBLIC_ADDRESS, START_PORT, END_PORT] = [161, 162, 163];
const portAttributes: ReadonlyMap<number, readonly number[]> = new Map([
  [NOKIA, [ALC_NAT_PORT_RANGE]],
  [HUAWEI, [PUBLIC_ADDRESS, START_PORT, END_PORT]],
  [NETELASTIC, [PUBLIC_ADDRESS, START_PORT, END_PORT]],
]);

/** IP-Port-Range (RFC 8045 section 3.1.2). */
export const isPortRange = ({ type, value }: RawAttribute): boolean =>
  type === EXTENDED_1 && value[0] === IP_PORT_RANGE;

/** What a Vendor-Specific says of ports. */
export function vendorPortItems(value: Buffer): readonly Item[] {
  const wanted = value.length < 6 ? undefined : portAttributes.get(value.readUInt32BE(0));
  if (wanted === undefined) return [];
  return cutItems(value.subarray(4), commonFormat)?.filter(({ number }) => wanted.includes(number)) ?? [];
}

const integerOf = (octets: Buffer | undefined): number | undefined =>
  octets?.length === 4 ? octets.readUInt32BE(0) : undefined;

const addressOf = (octets: Buffer | undefined): string | undefined =>
  octets?.length === 4 ? decodeIpv4(octets) : undefined;

const rangeOf = (first = -1, last = -1): PortRange[] =>
  first >= 0 && first <= last && last <= 65_535 ? [[first, last]] : [];

/** By the TLVs of RFC 8045 section 3.2. */
function standardClaim({ value }: RawAttribute): PortClaim {
  const parts = new Map(cutItems(value.subarray(1), commonFormat)?.map(({ number, octets }) => [number, octets]));
  const [type, external, internal] = [integerOf(parts.get(1)), addressOf(parts.get(3)), addressOf(parts.get(4))];
  const isPlain = (type ?? ALL_TRANSPORTS) === ALL_TRANSPORTS && (integerOf(parts.get(8)) ?? ALLOCATION) === ALLOCATION;
  return {
    // Of a NAT that the session is behind, with an outer address that it does not tell.
    address: external ?? (internal === undefined ? undefined : "elsewhere"),
    ranges: isPlain ? rangeOf(integerOf(parts.get(9)), integerOf(parts.get(10))) : [],
  };
}

/** "198.51.100.7 1024-2047,4096-5119 router base" */
function nokiaClaim(octets: Buffer): PortClaim {
  const [address, list = ""] = octetsText(octets).trim().split(/\s+/);
  const ranges = list.split(",").map((one) => {
    const [, first, last] = /^\[?(\d{1,5})(?:-|\.\.)(\d{1,5})\]?$/.exec(one) ?? [];
    return first === undefined || last === undefined ? [] : rangeOf(Number(first), Number(last));
  });
  return { address, ranges: ranges.some((range) => range.length === 0) ? [] : ranges.flat() };
}

function numberedClaims(items: readonly Item[]): PortClaim[] {
  const all = (wanted: number) => items.filter(({ number }) => number === wanted).map(({ octets }) => octets);
  const [starts, ends] = [all(START_PORT).map(integerOf), all(END_PORT).map(integerOf)];
  if (starts.length + ends.length === 0) return [];
  const ranges = starts.flatMap((start, index) => rangeOf(start, ends[index]));
  const isWhole = ranges.length === starts.length && starts.length === ends.length;
  return [{ address: addressOf(all(PUBLIC_ADDRESS)[0]), ranges: isWhole ? ranges : [] }];
}

function claimsOf({ attributes }: Pick<Packet, "attributes">): PortClaim[] {
  const vendors = attributes
    .filter(({ type }) => type === VENDOR_SPECIFIC)
    .flatMap(({ value }) => vendorPortItems(value));
  return [
    ...attributes.filter(isPortRange).map(standardClaim),
    ...vendors.filter(({ number }) => number === ALC_NAT_PORT_RANGE).map(({ octets }) => nokiaClaim(octets)),
    ...numberedClaims(vendors),
  ];
}

/** As PostgreSQL writes it, so that what is read back is the same. */
function multirange(ranges: readonly PortRange[]): string {
  const joined: { first: number; last: number }[] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => a - b)) {
    const before = joined.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else joined.push({ first, last });
  }
  return `{${joined.map(({ first, last }) => `[${first},${last + 1})`).join(",")}}`;
}

/**
 * Which ports of its Framed-IP-Address a record gives to its session, as an int4multirange; undefined: all of them. With
 * MAP-E, MAP-T and lightweight 4over6 (RFC 7597, 7599, 7596) several customers have one IPv4 address, each with some of its
 * ports. Ports of another address are a NAT's, and say nothing of this one.
 */
export function sharedPorts(packet: Pick<Packet, "attributes">, ipv4: string | undefined): string | undefined {
  const own = claimsOf(packet).filter(({ address }) => address === undefined || address === ipv4);
  if (own.length === 0) return undefined;
  return own.some(({ ranges }) => ranges.length === 0)
    ? UNKNOWN_PORTS
    : multirange(own.flatMap(({ ranges }) => ranges));
}

/** What is known after a record that shows `shown`, whatever came first: ports that change are nobody's for sure. */
export const portsAfter = (known: string | undefined, shown: string | undefined): string | undefined =>
  known === undefined || shown === undefined || known === shown ? (shown ?? known) : UNKNOWN_PORTS;
