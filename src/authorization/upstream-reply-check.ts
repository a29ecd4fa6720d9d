import { Code } from "../radius/code.ts";
import type { Packet } from "../radius/packet.ts";
import { verifyResponse } from "../radius/verify-packet.ts";
import type { UpstreamSigning } from "./upstream-signing.ts";

const AUTHENTICATOR_AT = 4;
const ATTRIBUTES_AT = 20;
const EAP_MESSAGE = 79;

export type ReplyVerdict =
  /** `isUnsigned`: an answer to an Access-Request that carries no Message-Authenticator. */
  | { readonly kind: "authentic"; readonly isUnsigned: boolean }
  | { readonly kind: "not-authentic"; readonly reason: string };

/** Whether a packet answers the request with these octets. */
export type ReplyCheck = (reply: Packet, request: Buffer) => ReplyVerdict;

export interface ReplyCheckOptions {
  /** "host:port". */
  readonly server: string;
  readonly secret: Buffer;
  readonly signing: UpstreamSigning;
}

/**
 * The check of one server's replies. Old servers sign EAP answers only (FreeRADIUS before 3.2.3), so an unsigned answer
 * without EAP is taken, until the server has once signed such an answer: from then on all must be signed, since a
 * missing Message-Authenticator is then an attack (CVE-2024-3596). One with EAP must be (RFC 3579 section 3.2).
 */
export function createReplyCheck({ server, secret, signing }: ReplyCheckOptions): ReplyCheck {
  return (reply, request) => {
    const [code = 0, identifier = 0] = request;
    const authenticator = request.subarray(AUTHENTICATOR_AT, ATTRIBUTES_AT);
    const verified = verifyResponse(reply, { authenticator, identifier, code }, secret);
    if (!verified.ok) return { kind: "not-authentic", reason: verified.reason };
    if (code !== Code.AccessRequest) return { kind: "authentic", isUnsigned: false };
    const hasEap = reply.attributes.some((attribute) => attribute.type === EAP_MESSAGE);
    if (verified.hasMessageAuthenticator) {
      if (!hasEap) signing.hasSigned(server);
      return { kind: "authentic", isUnsigned: false };
    }
    if (hasEap || signing.mustSign(server)) return { kind: "not-authentic", reason: "no-message-authenticator" };
    return { kind: "authentic", isUnsigned: true };
  };
}
