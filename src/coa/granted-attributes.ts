import type { Dictionary } from "../dictionary/dictionary.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import type { Attribute } from "../radius/attribute.ts";
import { namedAttribute, plainText } from "../radius/attribute-text.ts";
import { decodeAttributes } from "../radius/decode-attributes.ts";
import { valueOctets } from "../radius/encode-attributes.ts";
import type { RawAttribute } from "../radius/packet.ts";
import { RadiusError } from "../radius/radius-error.ts";

/** Nothing of a grant is hidden: keys and passwords are not kept. */
const none = { secret: Buffer.alloc(0), authenticator: Buffer.alloc(16) };

function rawAttributes(octets: Buffer): RawAttribute[] {
  const raw: RawAttribute[] = [];
  for (let at = 0; at + 2 <= octets.length; ) {
    const size = octets.readUInt8(at + 1);
    if (size < 2 || at + size > octets.length) break;
    raw.push({ type: octets.readUInt8(at), value: octets.subarray(at + 2, at + size) });
    at += size;
  }
  return raw;
}

/** Whether the words say these octets and no others. */
function isSaidBy(dictionary: Dictionary, named: NamedAttribute, octets: Buffer): boolean {
  try {
    return valueOctets(dictionary, namedAttribute(dictionary, named), none).equals(octets);
  } catch (error) {
    if (error instanceof RadiusError) return false;
    throw error;
  }
}

function inWords(dictionary: Dictionary, attribute: Attribute): NamedAttribute {
  const octets = valueOctets(dictionary, attribute, none);
  const named = {
    name: attribute.name,
    value: plainText(dictionary, attribute),
    ...(attribute.tag === undefined ? {} : { tag: attribute.tag }),
  };
  return isSaidBy(dictionary, named, octets) ? named : { ...named, octets: `0x${octets.toString("hex")}` };
}

/**
 * What an Access-Accept gave, kept as wire octets, by name: to be put back octet for octet when a measure is lifted.
 * Never throws.
 */
export const grantedAttributes = (dictionary: Dictionary, octets: Buffer): NamedAttribute[] =>
  decodeAttributes(dictionary, rawAttributes(octets), none).map((attribute) => inWords(dictionary, attribute));
