import type { Dictionary } from "../dictionary/dictionary.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import type { Attribute } from "../radius/attribute.ts";
import { decodeAttributes } from "../radius/decode-attributes.ts";
import type { RawAttribute } from "../radius/packet.ts";

const noSecrets = { secret: Buffer.alloc(0), authenticator: Buffer.alloc(16) };

const isOf = (attribute: Attribute, { name }: NamedAttribute) => attribute.name.toLowerCase() === name.toLowerCase();

/**
 * Services to be added to those that an Access-Accept gives: each under a tag that no other of its name has (RFC 2868
 * section 3.1: one tag is one group). A service that is given already is left out.
 */
export function withFreeTags(
  dictionary: Dictionary,
  services: readonly NamedAttribute[],
  given: readonly RawAttribute[],
): NamedAttribute[] {
  if (services.length === 0) return [];
  const taken = decodeAttributes(dictionary, given, noSecrets);
  const added: NamedAttribute[] = [];
  for (const service of services) {
    const alike = [...taken.filter((attribute) => isOf(attribute, service)), ...added];
    if (alike.some(({ value }) => String(value) === String(service.value))) continue;
    if (service.tag === undefined) {
      added.push(service);
      continue;
    }
    const tags = new Set(alike.map(({ tag }) => tag));
    let tag = 1;
    while (tags.has(tag)) tag++;
    added.push({ ...service, tag });
  }
  return added;
}
