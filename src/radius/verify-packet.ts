import { createHmac, createSecretKey, hash, timingSafeEqual } from "node:crypto";
import { Code } from "./code.ts";
import type { Packet } from "./packet.ts";

export type Verdict =
  | { readonly ok: true; readonly hasMessageAuthenticator: boolean }
  | {
      readonly ok: false;
      readonly reason: "bad-authenticator" | "bad-message-authenticator" | "wrong-identifier" | "wrong-code";
    };

const MESSAGE_AUTHENTICATOR = 80;
const zeros = Buffer.alloc(16);

function messageAuthenticatorAt(packet: Packet): number | undefined {
  const found = packet.attributes.find(({ type }) => type === MESSAGE_AUTHENTICATOR);
  return found ? found.value.byteOffset - packet.octets.byteOffset : undefined;
}

/** HMAC-MD5 over the packet with the given authenticator in its place and its own value as zeros (RFC 3579 section 3.2). */
function isMessageAuthentic(packet: Packet, at: number, secret: Buffer, authenticator: Buffer): boolean {
  const { octets } = packet;
  // A key object: Node takes several times as long to see that a Buffer is none.
  const expected = createHmac("md5", createSecretKey(secret))
    .update(octets.subarray(0, 4))
    .update(authenticator)
    .update(octets.subarray(20, at))
    .update(zeros)
    .update(octets.subarray(at + 16))
    .digest();
  return timingSafeEqual(expected, octets.subarray(at, at + 16));
}

function isAuthentic(packet: Packet, secret: Buffer, authenticator: Buffer): boolean {
  const { octets } = packet;
  const whole = Buffer.concat([octets.subarray(0, 4), authenticator, octets.subarray(20), secret]);
  return timingSafeEqual(hash("md5", whole, "buffer"), packet.authenticator);
}

/** Checks what a request proves about its sender. An Access-Request without Message-Authenticator proves nothing, and is ok. */
export function verifyRequest(packet: Packet, secret: Buffer): Verdict {
  const isRandom = packet.code === Code.AccessRequest || packet.code === Code.StatusServer;
  if (!isRandom && !isAuthentic(packet, secret, zeros)) return { ok: false, reason: "bad-authenticator" };
  const at = messageAuthenticatorAt(packet);
  if (at === undefined) return { ok: true, hasMessageAuthenticator: false };
  const authenticator = isRandom ? packet.authenticator : zeros;
  if (!isMessageAuthentic(packet, at, secret, authenticator)) return { ok: false, reason: "bad-message-authenticator" };
  return { ok: true, hasMessageAuthenticator: true };
}

const answers: Readonly<Record<number, readonly number[]>> = {
  [Code.AccessRequest]: [Code.AccessAccept, Code.AccessReject, Code.AccessChallenge],
  [Code.AccountingRequest]: [Code.AccountingResponse],
  [Code.StatusServer]: [Code.AccessAccept, Code.AccountingResponse, Code.CoaAck, Code.DisconnectAck],
  [Code.DisconnectRequest]: [Code.DisconnectAck, Code.DisconnectNak],
  [Code.CoaRequest]: [Code.CoaAck, Code.CoaNak],
};

/** Checks an answer against the request it claims to answer; source address and port are the caller's to check. */
export function verifyResponse(
  packet: Packet,
  request: { readonly authenticator: Buffer; readonly identifier: number; readonly code: number },
  secret: Buffer,
): Verdict {
  if (packet.identifier !== request.identifier) return { ok: false, reason: "wrong-identifier" };
  if (!answers[request.code]?.includes(packet.code)) return { ok: false, reason: "wrong-code" };
  if (!isAuthentic(packet, secret, request.authenticator)) return { ok: false, reason: "bad-authenticator" };
  const at = messageAuthenticatorAt(packet);
  if (at === undefined) return { ok: true, hasMessageAuthenticator: false };
  if (isMessageAuthentic(packet, at, secret, request.authenticator)) return { ok: true, hasMessageAuthenticator: true };
  // FreeRADIUS computes an Accounting-Response's over a zero authenticator: implementations disagree, so either will do.
  const isEither = packet.code === Code.AccountingResponse && isMessageAuthentic(packet, at, secret, zeros);
  return isEither ? { ok: true, hasMessageAuthenticator: true } : { ok: false, reason: "bad-message-authenticator" };
}
