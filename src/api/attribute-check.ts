import type { Dictionary } from "../dictionary/dictionary.ts";
import type { NamedAttribute } from "../nas/nas.ts";
import { namedAttribute } from "../radius/attribute-text.ts";
import { encodeAttributes } from "../radius/encode-attributes.ts";
import { RadiusError } from "../radius/radius-error.ts";
import type { AttributeCheck } from "./nas-profiles.ts";

/** Hidden values are as long with any secret. */
const anySecrets = { secret: Buffer.from("any"), authenticator: Buffer.alloc(16) };

/**
 * What is of the packet or of the session rather than of what a session gets: signed, hidden or echoed per packet, told
 * by the NAS, or what a CoA-Request finds its session by (RFC 5176 section 3).
 */
const ofThePacket = [
  "User-Password",
  "CHAP-Password",
  "CHAP-Challenge",
  "EAP-Message",
  "Message-Authenticator",
  "Proxy-State",
  "State",
  "Class",
  "Event-Timestamp",
  "Error-Cause",
  "Acct-Status-Type",
  "Acct-Delay-Time",
  "User-Name",
  "Chargeable-User-Identity",
  "Acct-Session-Id",
  "Acct-Multi-Session-Id",
  "Calling-Station-Id",
  "Called-Station-Id",
  "NAS-IP-Address",
  "NAS-IPv6-Address",
  "NAS-Identifier",
  "NAS-Port",
  "NAS-Port-Id",
  "NAS-Port-Type",
] as const;

/** What the dictionaries know of attributes; a value is tried by encoding it. */
export function createAttributeCheck(dictionary: Dictionary): AttributeCheck {
  // Under any of its names.
  const forbidden = new Set(ofThePacket.map((name) => dictionary.attribute(name)?.oid));
  const octets = (attributes: readonly NamedAttribute[]) =>
    encodeAttributes(
      dictionary,
      attributes.map((attribute) => namedAttribute(dictionary, attribute)),
      anySecrets,
    ).reduce((sum, { value }) => sum + 2 + value.length, 0);
  return {
    exists: (name) => dictionary.attribute(name) !== undefined,
    isOfThePacket: (name) => forbidden.has(dictionary.attribute(name)?.oid),
    octets,
    problem: (attribute: NamedAttribute) => {
      if (attribute.tag !== undefined && !dictionary.attribute(attribute.name)?.hasTag) return "has no tag";
      try {
        octets([attribute]);
        return undefined;
      } catch (error) {
        if (error instanceof RadiusError) return error.message;
        throw error;
      }
    },
  };
}
