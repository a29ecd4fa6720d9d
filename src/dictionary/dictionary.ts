/** How a value stands on the wire (FreeRADIUS' names of the types). */
export const valueTypes = [
  "string",
  "octets",
  "integer",
  "integer64",
  "byte",
  "short",
  "signed",
  "date",
  "ipaddr",
  "ipv6addr",
  "ipv4prefix",
  "ipv6prefix",
  "combo-ip",
  "ifid",
  "ether",
  "abinary",
  "tlv",
  "vsa",
  "extended",
  "long-extended",
  "evs",
] as const;
export type ValueType = (typeof valueTypes)[number];

/** How a vendor lays out its attributes inside a Vendor-Specific: octets of type and of length, and a continuation octet. */
export interface VendorFormat {
  readonly typeOctets: 1 | 2 | 4;
  readonly lengthOctets: 0 | 1 | 2;
  readonly hasContinuation: boolean;
}

export interface Vendor {
  readonly name: string;
  readonly number: number;
  readonly format: VendorFormat;
}

export interface AttributeDefinition {
  readonly name: string;
  /** Where it stands: "1", "26.9.1" (vendor 9, attribute 1), "241.5", "241.26.9.1", with TLVs one number deeper. */
  readonly oid: string;
  /** The last number of `oid`: what stands in the type octet (or octets) nearest to the value. */
  readonly number: number;
  readonly type: ValueType;
  /** octets[n]: how many octets there are, no fewer and no more. */
  readonly length?: number;
  /** RFC 2868: a tag octet may stand before the value. */
  readonly hasTag: boolean;
  /** 0: in clear. 1: User-Password (RFC 2865). 2: Tunnel-Password (RFC 2868). 3: Ascend-Secret. */
  readonly encrypt: 0 | 1 | 2 | 3;
  /** One value may run over several attributes in a row (EAP-Message, RFC 2869 section 5.13). */
  readonly isConcat: boolean;
  readonly vendor?: Vendor;
}

/** Compiled dictionaries: look-ups only. */
export interface Dictionary {
  /** By name, in any case. */
  attribute(name: string): AttributeDefinition | undefined;
  find(oid: string): AttributeDefinition | undefined;
  vendor(nameOrNumber: string | number): Vendor | undefined;
  /** The number of an enumeration's value, by attribute and value name in any case. */
  valueNumber(attribute: string, valueName: string): bigint | undefined;
  valueName(attribute: string, number: number | bigint): string | undefined;
  attributes(): readonly AttributeDefinition[];
}
