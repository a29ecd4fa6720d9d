import type { Dictionary } from "../dictionary/dictionary.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { packVendorAttributes, unpackVendorAttributes } from "./packed-vendor-attributes.ts";
import { type HiddenValue, type Hop, rehideValue } from "./rehide-value.ts";

const VENDOR_SPECIFIC = 26;

/** Attributes whose values are hidden with the secret of the hop: keys and passwords. */
export interface HiddenAttributes {
  /** Whether any part of it is hidden. */
  isHidden(attribute: RawAttribute): boolean;
  /** The same for the next hop. What cannot be read is left as it is: the receiver can do nothing with either. */
  rehide(attribute: RawAttribute, hop: Hop): RawAttribute;
}

/** Knows what the dictionary marks as encrypted, of standard attributes and of vendors with RFC 2865's layout. */
export function createHiddenAttributes(dictionary: Dictionary): HiddenAttributes {
  const hiddenByOid = new Map<string, HiddenValue>();
  for (const { oid, encrypt, hasTag } of dictionary.attributes())
    if (encrypt !== 0) hiddenByOid.set(oid, { encrypt, hasTag });

  const rehidePacked = (attribute: RawAttribute, hop: Hop): RawAttribute => {
    const packed = unpackVendorAttributes(attribute.value);
    if (!packed) return attribute;
    const attributes = packed.attributes.map(({ type, value }) => {
      const hidden = hiddenByOid.get(`26.${packed.vendor}.${type}`);
      return { type, value: hidden ? rehideValue(value, hidden, hop) : value };
    });
    return { type: VENDOR_SPECIFIC, value: packVendorAttributes({ vendor: packed.vendor, attributes }) };
  };
  const isHidden = ({ type, value }: RawAttribute): boolean => {
    const packed = type === VENDOR_SPECIFIC ? unpackVendorAttributes(value) : undefined;
    if (!packed) return hiddenByOid.has(`${type}`);
    return packed.attributes.some((inner) => hiddenByOid.has(`26.${packed.vendor}.${inner.type}`));
  };
  return {
    isHidden,
    rehide: (attribute, hop) => {
      if (!isHidden(attribute)) return attribute;
      if (attribute.type === VENDOR_SPECIFIC) return rehidePacked(attribute, hop);
      const hidden = hiddenByOid.get(`${attribute.type}`);
      return hidden ? { type: attribute.type, value: rehideValue(attribute.value, hidden, hop) } : attribute;
    },
  };
}
