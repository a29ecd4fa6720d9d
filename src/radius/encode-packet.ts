import { createHmac, createSecretKey, hash } from "node:crypto";
import { Code } from "./code.ts";
import { HEADER_OCTETS, MAXIMUM_OCTETS } from "./decode-packet.ts";
import type { Packet, RawAttribute } from "./packet.ts";
import { RadiusError } from "./radius-error.ts";

const MESSAGE_AUTHENTICATOR = 80;

export interface RequestToEncode {
  readonly code: number;
  readonly identifier: number;
  readonly attributes: readonly RawAttribute[];
  readonly secret: Buffer;
  /** Access-Request and Status-Server: 16 unpredictable octets. Other requests compute theirs. */
  readonly authenticator?: Buffer;
  readonly messageAuthenticator: boolean;
}

export interface ResponseToEncode {
  readonly code: number;
  readonly request: Packet;
  readonly attributes: readonly RawAttribute[];
  readonly secret: Buffer;
  readonly messageAuthenticator: boolean;
}

/** Lays out header and attributes, a Message-Authenticator of zeros first where asked (CVE-2024-3596). */
function layOut(
  code: number,
  identifier: number,
  attributes: readonly RawAttribute[],
  withMessageAuthenticator: boolean,
): Buffer {
  let length = HEADER_OCTETS + (withMessageAuthenticator ? 18 : 0);
  for (const { value } of attributes) {
    if (value.length > 253)
      throw new RadiusError("value-too-long", `an attribute holds 253 octets, not ${value.length}`);
    length += 2 + value.length;
  }
  if (length > MAXIMUM_OCTETS)
    throw new RadiusError("packet-too-long", `a packet holds ${MAXIMUM_OCTETS} octets, not ${length}`);
  const octets = Buffer.alloc(length);
  octets[0] = code;
  octets[1] = identifier;
  octets.writeUInt16BE(length, 2);
  let at = HEADER_OCTETS;
  if (withMessageAuthenticator) {
    octets[at] = MESSAGE_AUTHENTICATOR;
    octets[at + 1] = 18;
    at += 18;
  }
  for (const { type, value } of attributes) {
    octets[at] = type;
    octets[at + 1] = 2 + value.length;
    value.copy(octets, at + 2);
    at += 2 + value.length;
  }
  return octets;
}

function fillMessageAuthenticator(octets: Buffer, secret: Buffer): void {
  // A key object: Node takes several times as long to see that a Buffer is none.
  createHmac("md5", createSecretKey(secret))
    .update(octets)
    .digest()
    .copy(octets, HEADER_OCTETS + 2);
}

const md5 = (octets: Buffer, secret: Buffer): Buffer => hash("md5", Buffer.concat([octets, secret]), "buffer");

/**
 * A request's octets. Accounting, Disconnect and CoA: the Message-Authenticator over a zero Request Authenticator, then
 * the Request Authenticator over the whole (RFC 2866 section 3, RFC 5176 section 3.4).
 */
export function encodeRequest(request: RequestToEncode): Buffer {
  const attributes = request.attributes.filter(({ type }) => type !== MESSAGE_AUTHENTICATOR);
  const octets = layOut(request.code, request.identifier, attributes, request.messageAuthenticator);
  const isRandom = request.code === Code.AccessRequest || request.code === Code.StatusServer;
  if (isRandom) {
    if (request.authenticator?.length !== 16)
      throw new RadiusError("authenticator-missing", "this request needs 16 random octets");
    request.authenticator.copy(octets, 4);
  }
  if (request.messageAuthenticator) fillMessageAuthenticator(octets, request.secret);
  if (!isRandom) md5(octets, request.secret).copy(octets, 4);
  return octets;
}

/** An answer's octets: Message-Authenticator with the request's authenticator in place, then the Response Authenticator. */
export function encodeResponse(response: ResponseToEncode): Buffer {
  const attributes = response.attributes.filter(({ type }) => type !== MESSAGE_AUTHENTICATOR);
  const octets = layOut(response.code, response.request.identifier, attributes, response.messageAuthenticator);
  response.request.authenticator.copy(octets, 4);
  if (response.messageAuthenticator) fillMessageAuthenticator(octets, response.secret);
  md5(octets, response.secret).copy(octets, 4);
  return octets;
}
