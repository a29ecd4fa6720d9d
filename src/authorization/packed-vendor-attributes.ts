const VENDOR_OCTETS = 4;
const HEADER_OCTETS = 2;

/** One of the vendor's attributes inside an attribute 26. */
export interface PackedVendorAttribute {
  readonly type: number;
  readonly value: Buffer;
}

export interface PackedVendorAttributes {
  readonly vendor: number;
  readonly attributes: readonly PackedVendorAttribute[];
}

/** What an attribute 26 holds, in RFC 2865's recommended layout (section 5.26); undefined: it has a layout of its own. */
export function unpackVendorAttributes(value: Buffer): PackedVendorAttributes | undefined {
  if (value.length <= VENDOR_OCTETS) return undefined;
  const attributes: PackedVendorAttribute[] = [];
  for (let at = VENDOR_OCTETS; at < value.length; ) {
    const length = value[at + 1] ?? 0;
    if (length < HEADER_OCTETS || at + length > value.length) return undefined;
    attributes.push({ type: value[at] ?? 0, value: value.subarray(at + HEADER_OCTETS, at + length) });
    at += length;
  }
  return { vendor: value.readUInt32BE(0), attributes };
}

/** The value of an attribute 26 that holds these. */
export function packVendorAttributes({ vendor, attributes }: PackedVendorAttributes): Buffer {
  const header = Buffer.alloc(VENDOR_OCTETS);
  header.writeUInt32BE(vendor);
  const packed = attributes.flatMap(({ type, value }) => [Buffer.of(type, value.length + HEADER_OCTETS), value]);
  return Buffer.concat([header, ...packed]);
}
