import { firstValue } from "../radius/attribute-values.ts";
import { octetsText } from "../radius/octets-text.ts";
import type { Packet } from "../radius/packet.ts";

/** The first attribute of a type as text: the same text as that of the session's accounting. */
export function textValue(packet: Pick<Packet, "attributes">, type: number): string | undefined {
  const octets = firstValue(packet, type);
  return octets && octetsText(octets);
}
