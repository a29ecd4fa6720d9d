import type { RawAttribute } from "../radius/packet.ts";
import { encryptSalted } from "../radius/salted.ts";
import type { Hiding } from "../radius/user-password.ts";
import { type AccessMethod, MICROSOFT } from "./access-method.ts";
import { mppeKeys } from "./mppe-keys.ts";
import { authenticatorResponse, challengeHash, hashNtPasswordHash, ntPasswordHash } from "./ms-chap-v2.ts";

// What an answer carries because of the method, whatever else it carries: RFC 2548 section 2, RFC 3579 section 2.6.3.

const EAP_MESSAGE = 79;
const VENDOR_SPECIFIC = 26;
const EAP_FAILURE = 4;

const MS_CHAP_ERROR = 2;
const MS_MPPE_ENCRYPTION_POLICY = 7;
const MS_MPPE_ENCRYPTION_TYPES = 8;
const MS_MPPE_SEND_KEY = 16;
const MS_MPPE_RECV_KEY = 17;
const MS_CHAP2_SUCCESS = 26;

const ENCRYPTION_ALLOWED = 1;
const RC4_128_BIT = 4;

/** RFC 2759 section 6: authentication failure, and account disabled. */
export type MsChapError = 691 | 647;

export interface ProvenLogin {
  readonly password: string;
  readonly userName: Buffer;
  readonly hiding: Hiding;
  /** Two random octets. */
  readonly salt: Buffer;
}

/** For an Access-Accept: MS-CHAPv2's proof that we know the password, and the keys that both sides now share. */
export function successAttributes(
  method: AccessMethod,
  { password, userName, hiding, salt }: ProvenLogin,
): RawAttribute[] {
  if (method.kind !== "ms-chap-v2") return [];
  const challenge = challengeHash(method.peerChallenge, method.authenticatorChallenge, userName);
  const passwordHashHash = hashNtPasswordHash(ntPasswordHash(password));
  const proof = authenticatorResponse(passwordHashHash, method.ntResponse, challenge);
  const keys = mppeKeys(passwordHashHash, method.ntResponse);
  return [
    microsoft(MS_CHAP2_SUCCESS, Buffer.concat([Buffer.of(method.identifier), Buffer.from(proof)])),
    microsoft(MS_MPPE_ENCRYPTION_POLICY, Buffer.of(0, 0, 0, ENCRYPTION_ALLOWED)),
    microsoft(MS_MPPE_ENCRYPTION_TYPES, Buffer.of(0, 0, 0, RC4_128_BIT)),
    microsoft(
      MS_MPPE_SEND_KEY,
      encryptSalted(keys.send, hiding, () => salt),
    ),
    microsoft(
      MS_MPPE_RECV_KEY,
      encryptSalted(keys.receive, hiding, () => differentFrom(salt)),
    ),
  ];
}

/**
 * For an Access-Reject: the method's own failure, with the text for the customer where the method has room for it.
 * MS-CHAPv2's also goes into MS-CHAP-Error; EAP's nowhere, since RFC 3579 section 2.6.5 forbids Reply-Message beside EAP.
 */
export function failureAttributes(
  method: AccessMethod,
  { error, message, challenge }: { readonly error: MsChapError; readonly message: string; readonly challenge: Buffer },
): RawAttribute[] {
  if (method.kind === "eap") return [{ type: EAP_MESSAGE, value: eapFailure(method.identifier) }];
  if (method.kind !== "ms-chap-v2") return [];
  // No retry (R=0): the customer has to change what the device sends.
  const text = `E=${error} R=0 C=${challenge.toString("hex").toUpperCase()} V=3 M=${message}`;
  return [microsoft(MS_CHAP_ERROR, Buffer.concat([Buffer.of(method.identifier), Buffer.from(text)]).subarray(0, 247))];
}

/** EAP-Failure: code 4, the identifier of the response that it answers, length 4 (RFC 3748 section 4.2). */
const eapFailure = (identifier: number): Buffer => Buffer.of(EAP_FAILURE, identifier, 0, 4);

function microsoft(type: number, value: Buffer): RawAttribute {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(MICROSOFT);
  header[4] = type;
  header[5] = value.length + 2;
  return { type: VENDOR_SPECIFIC, value: Buffer.concat([header, value]) };
}

/** Salts of one packet must differ (RFC 2868 section 3.5). */
const differentFrom = (salt: Buffer): Buffer => Buffer.from([salt[0] ?? 0, (salt[1] ?? 0) ^ 1]);
