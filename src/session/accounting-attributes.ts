import { decodeIpv4, decodeIpv6, decodeIpv6Prefix } from "../radius/address-value.ts";
import { octetsText } from "../radius/octets-text.ts";

/** An attribute that is kept as text under its dictionary name; undefined from `read`: the value is malformed, leave it out. */
export interface KeptAttribute {
  readonly name: string;
  readonly read: (value: Buffer) => string | undefined;
}

const text = (name: string): KeptAttribute => ({ name, read: octetsText });
const sized = (name: string, size: number, read: (value: Buffer) => string): KeptAttribute => ({
  name,
  read: (value) => (value.length === size ? read(value) : undefined),
});
const integer = (name: string): KeptAttribute => sized(name, 4, (value) => String(value.readUInt32BE(0)));

/** RFC 3162 section 2.2. */
const interfaceId = (value: Buffer): string => [0, 2, 4, 6].map((at) => value.readUInt16BE(at).toString(16)).join(":");

/**
 * Attributes by which a NAS may know a session (RFC 5176 section 3, RFC 4372, RFC 6911), by number. Numbers are written
 * here, and not looked up, because every accounting record passes through; a test compares them with the dictionary.
 */
export const identityAttributes: ReadonlyMap<number, KeptAttribute> = new Map([
  [1, text("User-Name")],
  [4, sized("NAS-IP-Address", 4, decodeIpv4)],
  [5, integer("NAS-Port")],
  [6, integer("Service-Type")],
  [8, sized("Framed-IP-Address", 4, decodeIpv4)],
  [30, text("Called-Station-Id")],
  [31, text("Calling-Station-Id")],
  [32, text("NAS-Identifier")],
  [44, text("Acct-Session-Id")],
  [50, text("Acct-Multi-Session-Id")],
  [61, integer("NAS-Port-Type")],
  [87, text("NAS-Port-Id")],
  [89, text("Chargeable-User-Identity")],
  [95, sized("NAS-IPv6-Address", 16, decodeIpv6)],
  [96, sized("Framed-Interface-Id", 8, interfaceId)],
  [97, { name: "Framed-IPv6-Prefix", read: decodeIpv6Prefix }],
  [123, { name: "Delegated-IPv6-Prefix", read: decodeIpv6Prefix }],
  [168, sized("Framed-IPv6-Address", 16, decodeIpv6)],
]);

/** Attributes that show which profile the NAS runs, by number. */
export const observedAttributes: ReadonlyMap<number, KeptAttribute> = new Map([
  [11, text("Filter-Id")],
  [25, text("Class")],
]);

/** AV pairs that name a policy or service; the others describe the line or the call. */
const ciscoPolicy = /(?:^|[:-])(?:sub-)?(?:qos|policer|service|pbr|http-redirect|inacl|outacl)\b/i;

const ciscoPair: KeptAttribute = {
  name: "Cisco-AVPair",
  read: (value) => {
    const pair = octetsText(value);
    return ciscoPolicy.test(pair) ? pair : undefined;
  },
};

/** The same for vendors' attributes: vendor number, then attribute number. */
export const observedVendorAttributes: ReadonlyMap<number, ReadonlyMap<number, KeptAttribute>> = new Map([
  [9, new Map([[1, ciscoPair]])],
  [
    4874,
    new Map([
      [10, text("ERX-Ingress-Policy-Name")],
      [11, text("ERX-Egress-Policy-Name")],
      [83, text("ERX-Service-Session")],
    ]),
  ],
  [
    14122,
    new Map([
      [7, integer("WISPr-Bandwidth-Max-Up")],
      [8, integer("WISPr-Bandwidth-Max-Down")],
    ]),
  ],
  [
    14988,
    new Map([
      [8, text("Mikrotik-Rate-Limit")],
      [19, text("Mikrotik-Address-List")],
    ]),
  ],
]);
