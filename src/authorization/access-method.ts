import { allValues, firstValue, vendorValues } from "../radius/attribute-values.ts";
import type { Packet } from "../radius/packet.ts";
import { decryptUserPassword } from "../radius/user-password.ts";

const USER_PASSWORD = 2;
const CHAP_PASSWORD = 3;
const CHAP_CHALLENGE = 60;
const EAP_MESSAGE = 79;
export const MICROSOFT = 311;
const MS_CHAP_CHALLENGE = 11;
const MS_CHAP2_RESPONSE = 25;

/** How an Access-Request wants to prove who it is. */
export type AccessMethod =
  | { readonly kind: "pap"; readonly password: Buffer }
  /** RFC 1994; `challenge` from CHAP-Challenge, else the Request Authenticator (RFC 2865 section 5.3). */
  | { readonly kind: "chap"; readonly identifier: number; readonly challenge: Buffer; readonly response: Buffer }
  /** RFC 2548 section 2.3.2. */
  | {
      readonly kind: "ms-chap-v2";
      readonly identifier: number;
      readonly authenticatorChallenge: Buffer;
      readonly peerChallenge: Buffer;
      readonly ntResponse: Buffer;
    }
  /** `identifier` of the EAP packet, which its EAP-Failure has to repeat. */
  | { readonly kind: "eap"; readonly identifier: number }
  /** No method, one that local credentials do not serve (MS-CHAP version 1), or attributes that do not fit together. */
  | { readonly kind: "unusable" };

const unusable: AccessMethod = { kind: "unusable" };

/** Which method a request uses; `secret` is shared with its NAS. Never throws. */
export function readMethod(packet: Packet, secret: Buffer): AccessMethod {
  if (firstValue(packet, EAP_MESSAGE)) return readEap(packet);
  const msChap2 = vendorValues(packet, MICROSOFT, MS_CHAP2_RESPONSE)[0];
  if (msChap2) return readMsChap2(packet, msChap2);
  const chap = firstValue(packet, CHAP_PASSWORD);
  if (chap) return readChap(packet, chap);
  const hidden = firstValue(packet, USER_PASSWORD);
  return hidden ? readPap(packet, hidden, secret) : unusable;
}

function readPap(packet: Packet, hidden: Buffer, secret: Buffer): AccessMethod {
  const password = decryptUserPassword(hidden, { secret, authenticator: packet.authenticator });
  return password ? { kind: "pap", password } : unusable;
}

function readChap(packet: Packet, chap: Buffer): AccessMethod {
  const [identifier] = chap;
  if (identifier === undefined || chap.length !== 17) return unusable;
  const challenge = firstValue(packet, CHAP_CHALLENGE) ?? packet.authenticator;
  return { kind: "chap", identifier, challenge, response: chap.subarray(1) };
}

function readMsChap2(packet: Packet, value: Buffer): AccessMethod {
  const authenticatorChallenge = vendorValues(packet, MICROSOFT, MS_CHAP_CHALLENGE)[0];
  const [identifier] = value;
  if (identifier === undefined || value.length !== 50 || authenticatorChallenge?.length !== 16) return unusable;
  return {
    kind: "ms-chap-v2",
    identifier,
    authenticatorChallenge,
    peerChallenge: value.subarray(2, 18),
    ntResponse: value.subarray(26, 50),
  };
}

function readEap(packet: Packet): AccessMethod {
  const message = Buffer.concat(allValues(packet, EAP_MESSAGE));
  return message.length < 4 ? unusable : { kind: "eap", identifier: message[1] ?? 0 };
}
