import { firstValue } from "../radius/attribute-values.ts";
import type { Packet, RawAttribute } from "../radius/packet.ts";
import { decryptUserPassword, encryptUserPassword, type Hiding } from "../radius/user-password.ts";

const USER_PASSWORD = 2;
const CHAP_PASSWORD = 3;
const PROXY_STATE = 33;
const CHAP_CHALLENGE = 60;
const MESSAGE_AUTHENTICATOR = 80;

export interface Hop {
  /** How the NAS hides what it hides. */
  readonly from: Hiding;
  /** How the upstream expects it: another secret, and the authenticator of our own request. */
  readonly to: Hiding;
  /** What marks our hop; added last (RFC 2865 section 5.33). */
  readonly proxyState: Buffer;
}

/**
 * An Access-Request's attributes as they go on to the upstream. User-Password is hidden anew; a CHAP-Password that was
 * computed over the Request Authenticator gets it as CHAP-Challenge, since ours is another one; Message-Authenticator
 * is left to the encoder; all else stays octet for octet. undefined: the User-Password is none.
 */
export function forwardedAccess(packet: Packet, { from, to, proxyState }: Hop): RawAttribute[] | undefined {
  const attributes: RawAttribute[] = [];
  for (const attribute of packet.attributes) {
    if (attribute.type === MESSAGE_AUTHENTICATOR) continue;
    if (attribute.type === USER_PASSWORD) {
      const password = decryptUserPassword(attribute.value, from);
      if (!password) return undefined;
      attributes.push({ type: USER_PASSWORD, value: encryptUserPassword(password, to) });
    } else attributes.push(attribute);
  }
  if (firstValue(packet, CHAP_PASSWORD) && !firstValue(packet, CHAP_CHALLENGE))
    attributes.push({ type: CHAP_CHALLENGE, value: packet.authenticator });
  attributes.push({ type: PROXY_STATE, value: proxyState });
  return attributes;
}
