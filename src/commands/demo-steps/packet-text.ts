import type { Dictionary } from "../../dictionary/dictionary.ts";
import { formatAttribute } from "../../radius/attribute-text.ts";
import { Code } from "../../radius/code.ts";
import { decodeAttributes } from "../../radius/decode-attributes.ts";
import { decodePacket } from "../../radius/decode-packet.ts";

const names = new Map<number, string>([
  [Code.DisconnectRequest, "Disconnect-Request"],
  [Code.DisconnectAck, "Disconnect-ACK"],
  [Code.DisconnectNak, "Disconnect-NAK"],
  [Code.CoaRequest, "CoA-Request"],
  [Code.CoaAck, "CoA-ACK"],
  [Code.CoaNak, "CoA-NAK"],
]);

/** A packet's octets for reading: its code and length, then one attribute a line. */
export function packetText(dictionary: Dictionary, hex: string): string[] {
  const decoded = decodePacket(Buffer.from(hex, "hex"));
  if (!decoded.ok) return [`not a RADIUS packet (${decoded.reason})`];
  const { code, identifier, attributes, octets } = decoded.packet;
  const secrets = { secret: Buffer.alloc(0), authenticator: Buffer.alloc(16) };
  const head = `${names.get(code) ?? `code ${code}`}, identifier ${identifier}, ${octets.length} octets`;
  const lines = decodeAttributes(dictionary, attributes, secrets).map((one) => formatAttribute(dictionary, one));
  return [head, ...lines.map((line) => `    ${line}`)];
}
