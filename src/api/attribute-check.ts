import type { Dictionary } from "../dictionary/dictionary.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import { namedAttribute } from "../radius/attribute-text.ts";
import { encodeAttributes } from "../radius/encode-attributes.ts";
import { RadiusError } from "../radius/radius-error.ts";
import type { AttributeCheck } from "./nas-profiles.ts";

/** Hidden values are as long with any secret. */
const anySecrets = { secret: Buffer.from("any"), authenticator: Buffer.alloc(16) };

/** What the dictionaries know of attributes; a value is tried by encoding it. */
export function createAttributeCheck(dictionary: Dictionary): AttributeCheck {
  return {
    exists: (name) => dictionary.attribute(name) !== undefined,
    problem: (attribute: NamedAttribute) => {
      if (attribute.tag !== undefined && !dictionary.attribute(attribute.name)?.hasTag) return "has no tag";
      try {
        encodeAttributes(dictionary, [namedAttribute(dictionary, attribute)], anySecrets);
        return undefined;
      } catch (error) {
        if (error instanceof RadiusError) return error.message;
        throw error;
      }
    },
  };
}
