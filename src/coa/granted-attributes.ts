import type { Dictionary } from "../dictionary/dictionary.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import { plainText } from "../radius/attribute-text.ts";
import { decodeAttributes } from "../radius/decode-attributes.ts";
import type { RawAttribute } from "../radius/packet.ts";

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

/** What an Access-Accept gave, kept as wire octets, by name: to be put back when a measure is lifted. Never throws. */
export function grantedAttributes(dictionary: Dictionary, octets: Buffer): NamedAttribute[] {
  const none = { secret: Buffer.alloc(0), authenticator: Buffer.alloc(16) };
  return decodeAttributes(dictionary, rawAttributes(octets), none).map((attribute) => ({
    name: attribute.name,
    value: plainText(dictionary, attribute),
    ...(attribute.tag === undefined ? {} : { tag: attribute.tag }),
  }));
}
