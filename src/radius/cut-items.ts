import type { VendorFormat } from "../dictionary/dictionary.ts";

const MORE = 0x80;

/** RFC 2865 section 5.26, RFC 6929 section 2.3: an octet of type and one of length. */
export const commonFormat: VendorFormat = { typeOctets: 1, lengthOctets: 1, hasContinuation: false };

export interface Item {
  readonly number: number;
  readonly octets: Buffer;
  readonly goesOn: boolean;
  /** The continuation octet says more than that. */
  readonly hasReservedBits: boolean;
  /** With its header. */
  readonly whole: Buffer;
}

/** Cuts octets into type-length-value items; undefined where a length does not fit. */
export function cutItems(octets: Buffer, format: VendorFormat): Item[] | undefined {
  const { typeOctets, lengthOctets, hasContinuation } = format;
  const header = typeOctets + lengthOctets + (hasContinuation ? 1 : 0);
  const items: Item[] = [];
  for (let at = 0; at < octets.length; ) {
    if (at + header > octets.length) return undefined;
    const number = octets.readUIntBE(at, typeOctets);
    const size = lengthOctets === 0 ? octets.length - at : octets.readUIntBE(at + typeOctets, lengthOctets);
    if (size < header || at + size > octets.length) return undefined;
    const flags = hasContinuation ? octets.readUInt8(at + header - 1) : 0;
    items.push({
      number,
      octets: octets.subarray(at + header, at + size),
      goesOn: (flags & MORE) !== 0,
      hasReservedBits: (flags & ~MORE) !== 0,
      whole: hasContinuation ? octets.subarray(at, at + size) : octets,
    });
    at += size;
  }
  return items.length > 0 ? items : undefined;
}
