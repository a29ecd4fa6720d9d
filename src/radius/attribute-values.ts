import type { Packet, RawAttribute } from "./packet.ts";

const VENDOR_SPECIFIC = 26;

/** The value of the first attribute of a type, or undefined. */
export function firstValue(packet: Pick<Packet, "attributes">, type: number): Buffer | undefined {
  for (const attribute of packet.attributes) if (attribute.type === type) return attribute.value;
  return undefined;
}

/** The values of all attributes of a type, in their order. */
export function allValues(packet: Pick<Packet, "attributes">, type: number): Buffer[] {
  return packet.attributes.filter((attribute) => attribute.type === type).map((attribute) => attribute.value);
}

/** Values of a vendor's attribute of format 1,1 (RFC 2865 section 5.26), however many share one Vendor-Specific. */
export function vendorValues(packet: Pick<Packet, "attributes">, vendor: number, type: number): Buffer[] {
  const found: Buffer[] = [];
  for (const attribute of packet.attributes) {
    const { value } = attribute;
    if (attribute.type !== VENDOR_SPECIFIC || value.length < 4 || value.readUInt32BE(0) !== vendor) continue;
    for (let at = 4; at + 2 <= value.length; ) {
      const size = value[at + 1] as number;
      if (size < 2 || at + size > value.length) break;
      if (value[at] === type) found.push(value.subarray(at + 2, at + size));
      at += size;
    }
  }
  return found;
}

/** All attributes of a type as they stand on the wire. */
export function allAttributes(packet: Pick<Packet, "attributes">, type: number): RawAttribute[] {
  return packet.attributes.filter((attribute) => attribute.type === type);
}
