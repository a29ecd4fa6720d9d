import type { Packet, RawAttribute } from "./packet.ts";

/** Why a datagram is not a RADIUS packet. */
export type PacketFault =
  | "shorter-than-header"
  | "length-below-minimum"
  | "length-above-maximum"
  | "length-beyond-datagram"
  | "attribute-header-cut"
  | "attribute-length-below-two"
  | "attribute-beyond-packet"
  | "message-authenticator-length"
  | "message-authenticator-repeated";

export type DecodedPacket =
  | { readonly ok: true; readonly packet: Packet }
  | { readonly ok: false; readonly reason: PacketFault };

export const HEADER_OCTETS = 20;
export const MAXIMUM_OCTETS = 4096;
const MESSAGE_AUTHENTICATOR = 80;

/** Reads one datagram (RFC 2865 section 3). Never throws; values are views into the datagram, not copies. */
export function decodePacket(datagram: Buffer): DecodedPacket {
  if (datagram.length < HEADER_OCTETS) return { ok: false, reason: "shorter-than-header" };
  const length = datagram.readUInt16BE(2);
  if (length < HEADER_OCTETS) return { ok: false, reason: "length-below-minimum" };
  if (length > MAXIMUM_OCTETS) return { ok: false, reason: "length-above-maximum" };
  if (length > datagram.length) return { ok: false, reason: "length-beyond-datagram" };
  // Octets after Length are padding (RFC 2865 section 3).
  const octets = datagram.subarray(0, length);
  const attributes: RawAttribute[] = [];
  let hasMessageAuthenticator = false;
  for (let at = HEADER_OCTETS; at < length; ) {
    if (at + 2 > length) return { ok: false, reason: "attribute-header-cut" };
    const type = octets[at] as number;
    const size = octets[at + 1] as number;
    if (size < 2) return { ok: false, reason: "attribute-length-below-two" };
    if (at + size > length) return { ok: false, reason: "attribute-beyond-packet" };
    if (type === MESSAGE_AUTHENTICATOR) {
      if (size !== 18) return { ok: false, reason: "message-authenticator-length" };
      if (hasMessageAuthenticator) return { ok: false, reason: "message-authenticator-repeated" };
      hasMessageAuthenticator = true;
    }
    attributes.push({ type, value: octets.subarray(at + 2, at + size) });
    at += size;
  }
  return {
    ok: true,
    packet: {
      code: octets[0] as number,
      identifier: octets[1] as number,
      authenticator: octets.subarray(4, HEADER_OCTETS),
      attributes,
      octets,
    },
  };
}
