import type { Nas } from "../nas/nas.ts";
import { nasFor } from "../nas/nas-directory.ts";
import { firstValue, vendorValues } from "../radius/attribute-values.ts";
import { Code } from "../radius/code.ts";
import type { Packet } from "../radius/packet.ts";
import { verifyRequest } from "../radius/verify-packet.ts";
import type { DropReason } from "./drop-reason.ts";

const USER_PASSWORD = 2;
const CHAP_PASSWORD = 3;
const NAS_IDENTIFIER = 32;
const EAP_MESSAGE = 79;
const MICROSOFT = 311;
const MS_CHAP_RESPONSE = 1;
const MS_CHAP2_RESPONSE = 25;

export type RequestCheck =
  | { readonly ok: true; readonly nas: Nas; readonly hasMessageAuthenticator: boolean }
  | { readonly ok: false; readonly reason: DropReason };

/**
 * Finds the NAS that a packet is from, among those at its source address, and checks what proves it. `isRequired`: whether
 * an Access-Request of this NAS must carry a Message-Authenticator.
 */
export function checkRequest(
  packet: Packet,
  candidates: readonly Nas[],
  isRequired: (nas: Nas) => boolean,
): RequestCheck {
  const isNamed = candidates.some((nas) => nas.identifier !== undefined);
  const identifier = isNamed ? firstValue(packet, NAS_IDENTIFIER)?.toString("utf8") : undefined;
  const nas = nasFor(candidates, identifier);
  if (nas === undefined) return { ok: false, reason: "unknown-nas" };
  const verdict = verifyRequest(packet, nas.secret);
  if (!verdict.ok)
    return { ok: false, reason: verdict.reason === "bad-message-authenticator" ? verdict.reason : "bad-authenticator" };
  const { hasMessageAuthenticator } = verdict;
  if (!hasMessageAuthenticator && mustHaveMessageAuthenticator(packet, nas, isRequired))
    return { ok: false, reason: "message-authenticator-missing" };
  return { ok: true, nas, hasMessageAuthenticator };
}

function mustHaveMessageAuthenticator(packet: Packet, nas: Nas, isRequired: (nas: Nas) => boolean): boolean {
  // RFC 5997 section 3: nothing else protects a Status-Server.
  if (packet.code === Code.StatusServer) return true;
  if (packet.code !== Code.AccessRequest) return false;
  // RFC 3579 section 3.2
  return firstValue(packet, EAP_MESSAGE) !== undefined || isRequired(nas);
}

/**
 * A login with a password of its own, as PAP, CHAP or MS-CHAP: no RFC asks for a Message-Authenticator in it, so one
 * that has it shows that the NAS signs whatever it asks. EAP (RFC 3579 section 3.2), Authorize Only (RFC 5176 section
 * 3) and the like must have one always, also from a NAS that signs nothing else.
 */
export function isPlainLogin(packet: Packet): boolean {
  if (packet.code !== Code.AccessRequest || firstValue(packet, EAP_MESSAGE) !== undefined) return false;
  return (
    firstValue(packet, USER_PASSWORD) !== undefined ||
    firstValue(packet, CHAP_PASSWORD) !== undefined ||
    [MS_CHAP_RESPONSE, MS_CHAP2_RESPONSE].some((type) => vendorValues(packet, MICROSOFT, type).length > 0)
  );
}
