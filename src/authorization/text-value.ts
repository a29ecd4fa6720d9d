import { firstValue } from "../radius/attribute-values.ts";
import type { Packet } from "../radius/packet.ts";

/**
 * The first attribute of a type as text. PostgreSQL's text holds no NUL, and one hostile value must not fail the query
 * that it shares with others: a NUL becomes U+FFFD, as octets that are no UTF-8 do. Such a text matches nothing stored.
 */
export const textValue = (packet: Pick<Packet, "attributes">, type: number): string | undefined =>
  firstValue(packet, type)?.toString("utf8").replaceAll("\0", "\ufffd");
