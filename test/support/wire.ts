import { loadDictionary } from "../../src/dictionary/load-dictionary.ts";
import { decodePacket } from "../../src/radius/decode-packet.ts";
import type { Packet } from "../../src/radius/packet.ts";

/** Octets from readable hex: white space does not count. */
export const hex = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ""), "hex");

/** The packet in a datagram that is known to be one. */
export function packetIn(octets: Buffer): Packet {
  const decoded = decodePacket(octets);
  if (!decoded.ok) throw new Error(`not a packet: ${decoded.reason}`);
  return decoded.packet;
}

export const shippedDictionary = await loadDictionary();
