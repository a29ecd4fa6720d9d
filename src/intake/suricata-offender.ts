import type { Endpoint } from "./observation.ts";
import { readAddress, readPort } from "./read-address.ts";
import type { JsonObject } from "./read-native.ts";
import { packetsOf, partOf, type RawEndpoint, sidesOf } from "./suricata-flow.ts";

/** Who did it, as raw values; `otherEnd` where the event leaves it open. */
export interface Offender {
  readonly ip: unknown;
  readonly port: unknown;
  readonly destination: RawEndpoint;
  readonly otherEnd?: Endpoint;
}

function endpoint(raw: RawEndpoint): Endpoint | undefined {
  const ip = readAddress(raw.ip);
  const port = readPort(raw.port);
  if (!ip.ok) return undefined;
  return { ip: ip.value, ...(port.ok && port.value !== undefined ? { port: port.value } : {}) };
}

/**
 * Whether the receiver of the packet opened the conversation. Suricata takes a packet that looks like an answer for one,
 * though nobody asked: as long as nothing was seen of the receiver, it may be the target of whoever sent the packet.
 */
function hasReceiverOpened(event: JsonObject, flow: JsonObject): boolean {
  const packets = packetsOf(event);
  if (packets) {
    if (packets.opener === 0) return false;
    return flow["src_ip"] !== undefined || packets.other > 0;
  }
  return flow["src_ip"] !== undefined || String(event["proto"]).toUpperCase() === "TCP";
}

/**
 * The offender of an alert is the machine that opened the conversation: an infected machine calls its controller, an
 * attacker calls its victim. In this order:
 *
 * 1. an attack whose rule has the `target` keyword names the attacker in `alert.source`;
 * 2. `flow.src_ip` is who opened the flow;
 * 3. `direction` says which way the packet went: to the server, so its sender opened; to the client, so its receiver did;
 * 4. else the sender of the packet. For command and control the answer is as telling as the question, so there the
 *    other end is the offender if no session held the sender's address, and both have sent something. For anything
 *    else it never is: that would be the victim.
 *
 * Nobody is an offender for what was only sent to them: see hasReceiverOpened.
 */
export function offenderOf(event: JsonObject, kind: { isInfection: boolean; isCommandAndControl: boolean }): Offender {
  const { source, target } = sidesOf(event);
  const sender = { ...source, destination: target };
  const attacker = partOf(event["alert"], "source");
  if (!kind.isInfection && attacker["ip"] !== undefined) {
    const isSender = attacker["ip"] === source.ip;
    return { ip: attacker["ip"], port: attacker["port"], destination: isSender ? target : source };
  }
  const flow = partOf(event, "flow");
  if (flow["src_ip"] !== undefined) {
    if (flow["src_ip"] !== source.ip && !hasReceiverOpened(event, flow)) return sender;
    const destination = { ip: flow["dest_ip"], port: flow["dest_port"] };
    return { ip: flow["src_ip"], port: flow["src_port"], destination };
  }
  if (event["direction"] === "to_client")
    return hasReceiverOpened(event, flow) ? { ...target, destination: source } : sender;
  const packets = packetsOf(event);
  const isOpen = event["direction"] === undefined && kind.isCommandAndControl && packets !== undefined;
  const otherEnd = isOpen && packets.opener > 0 && packets.other > 0 ? endpoint(target) : undefined;
  return { ...sender, ...(otherEnd ? { otherEnd } : {}) };
}
