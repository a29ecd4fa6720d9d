import type { JsonObject } from "./read-native.ts";
import type { AlertWords } from "./suricata-category.ts";
import { packetsOf, partOf, type RawEndpoint, sidesOf } from "./suricata-flow.ts";

/** What an alert of a flood proves, and of whom. */
export type FloodEvidence =
  /** The sender took part in a conversation, so that the address is its own. */
  | { readonly kind: "sender-proven" }
  /** A service that answered whoever asked: what has to be mended is there. `victim`: whose address was forged. */
  | { readonly kind: "reflector"; readonly reflector: RawEndpoint; readonly victim: RawEndpoint }
  | { readonly kind: "nobody"; readonly why: string };

const reflection = /amplif|reflection|\b(?:MON|PEER)_?LIST\b|\bNTP DDoS\b/i;

/** An attack by way of services that answer with more than they were asked: its questions bear the victim's address. */
export const isReflection = ({ signature, category }: AlertWords): boolean =>
  reflection.test(signature) || reflection.test(category);

const isConnection = (protocol: unknown): boolean => /^(?:TCP|SCTP)$/i.test(String(protocol));

/** Who answered, and whom; undefined where the event does not say who asked. */
function answererOf(event: JsonObject): { reflector: RawEndpoint; victim: RawEndpoint } | undefined {
  const flow = partOf(event, "flow");
  if (flow["src_ip"] !== undefined)
    return {
      reflector: { ip: flow["dest_ip"], port: flow["dest_port"] },
      victim: { ip: flow["src_ip"], port: flow["src_port"] },
    };
  const { source, target } = sidesOf(event);
  if (event["direction"] === "to_server") return { reflector: target, victim: source };
  return event["direction"] === "to_client" ? { reflector: source, victim: target } : undefined;
}

/**
 * Floods come with forged source addresses wherever the protocol lets them (RFC 2827): over UDP and
 * ICMP always, over TCP as long as nobody has answered, and in floods of SYNs also then. The address in such a packet is
 * the victim's, if it is anybody's.
 */
export function floodEvidence(event: JsonObject, words: AlertWords): FloodEvidence {
  const packets = packetsOf(event);
  const isTwoWay = packets !== undefined && packets.opener > 0 && packets.other > 0;
  if (isConnection(event["proto"])) {
    if (/\bSYN\b.?flood/i.test(words.signature))
      return { kind: "nobody", why: "the source address of a SYN flood may be forged" };
    return packets === undefined || isTwoWay
      ? { kind: "sender-proven" }
      : { kind: "nobody", why: "nobody answered, so the source address may be forged" };
  }
  const answerer = isTwoWay && isReflection(words) ? answererOf(event) : undefined;
  if (answerer) return { kind: "reflector", ...answerer };
  return {
    kind: "nobody",
    why: "the source address of a flood without connections may be forged, and be the victim's",
  };
}
