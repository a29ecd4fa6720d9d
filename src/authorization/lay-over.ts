import type { RawAttribute } from "../radius/packet.ts";
import {
  type PackedVendorAttribute,
  packVendorAttributes,
  unpackVendorAttributes,
} from "./packed-vendor-attributes.ts";

const VENDOR_SPECIFIC = 26;
const FIRST_EXTENDED = 241;
const FIRST_LONG_EXTENDED = 245;
const LAST_EXTENDED = 246;

/**
 * Which setting a text of a vendor's attribute is, where that attribute is a bag of "key=value" texts: of them only those
 * of the same setting replace each other. undefined: it is no such attribute.
 */
export type KeyOfText = (vendor: number, type: number, text: string) => string | undefined;

/**
 * `given`, with every attribute that `overlay` names replaced by the overlay's: standard attributes by type, vendors'
 * attributes by vendor and type (also those packed several to one attribute 26), extended ones (RFC 6929) by their
 * path. All others stay as they are, octet for octet and in their order; the overlay comes after them.
 */
export function layOver(
  given: readonly RawAttribute[],
  overlay: readonly RawAttribute[],
  keyOfText: KeyOfText,
): RawAttribute[] {
  const replaced = new Set(overlay.flatMap((attribute) => slotsOf(attribute, keyOfText)));
  if (replaced.size === 0) return [...given];
  const kept = given.flatMap((attribute) => withoutSlots(attribute, replaced, keyOfText));
  return [...kept, ...overlay];
}

function slotsOf(attribute: RawAttribute, keyOfText: KeyOfText): string[] {
  const packed = attribute.type === VENDOR_SPECIFIC ? unpackVendorAttributes(attribute.value) : undefined;
  if (!packed) return [plainSlot(attribute)];
  return packed.attributes.map((inner) => vendorSlot(packed.vendor, inner, keyOfText));
}

function withoutSlots(
  attribute: RawAttribute,
  replaced: ReadonlySet<string>,
  keyOfText: KeyOfText,
): readonly RawAttribute[] {
  const packed = attribute.type === VENDOR_SPECIFIC ? unpackVendorAttributes(attribute.value) : undefined;
  if (!packed) return replaced.has(plainSlot(attribute)) ? [] : [attribute];
  const { vendor, attributes } = packed;
  const kept = attributes.filter((inner) => !replaced.has(vendorSlot(vendor, inner, keyOfText)));
  if (kept.length === attributes.length) return [attribute];
  if (kept.length === 0) return [];
  return [{ type: VENDOR_SPECIFIC, value: packVendorAttributes({ vendor, attributes: kept }) }];
}

function plainSlot({ type, value }: RawAttribute): string {
  // A vendor's own layout: nothing can be said about what is in it.
  if (type === VENDOR_SPECIFIC) return `26:${value.toString("hex")}`;
  if (type < FIRST_EXTENDED || type > LAST_EXTENDED) return `${type}`;
  const extendedType = value[0] ?? 0;
  if (extendedType !== VENDOR_SPECIFIC) return `${type}.${extendedType}`;
  // Extended-Vendor-Specific (RFC 6929 section 2.3): vendor and its type follow, after the flags of a long one.
  const at = type >= FIRST_LONG_EXTENDED ? 2 : 1;
  return `${type}.26.${value.subarray(at, at + 5).toString("hex")}`;
}

function vendorSlot(vendor: number, { type, value }: PackedVendorAttribute, keyOfText: KeyOfText): string {
  const slot = `26.${vendor}.${type}`;
  const key = keyOfText(vendor, type, value.toString("latin1"));
  return key === undefined ? slot : `${slot}.${key}`;
}
