import type { Endpoint } from "./observation.ts";
import { readAddress, readPort } from "./read-address.ts";
import type { JsonObject } from "./read-native.ts";

/** Who did it, as raw values; `otherEnd` where the event leaves it open. */
export interface Offender {
  readonly ip: unknown;
  readonly port: unknown;
  readonly destination: { readonly ip: unknown; readonly port: unknown };
  readonly otherEnd?: Endpoint;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const part = (of: unknown, key: string): JsonObject => {
  const value = isObject(of) ? of[key] : undefined;
  return isObject(value) ? value : {};
};

const sides = (event: JsonObject) => ({
  source: { ip: event["src_ip"], port: event["src_port"] },
  target: { ip: event["dest_ip"], port: event["dest_port"] },
});

function endpoint(raw: { readonly ip: unknown; readonly port: unknown }): Endpoint | undefined {
  const ip = readAddress(raw.ip);
  const port = readPort(raw.port);
  if (!ip.ok) return undefined;
  return { ip: ip.value, ...(port.ok && port.value !== undefined ? { port: port.value } : {}) };
}

/**
 * The offender of an alert is the machine that opened the conversation: an infected machine calls its controller, an
 * attacker calls its victim. In this order:
 *
 * 1. an attack whose rule has the `target` keyword names the attacker in `alert.source`;
 * 2. `flow.src_ip` is who opened the flow;
 * 3. `direction` says which way the packet went: to the server, so its sender opened; to the client, so its receiver did;
 * 4. else the sender of the packet. For command and control the answer is as telling as the question, so there the
 *    other end is the offender if no session held the sender's address. For anything else it never is: that would
 *    be the victim.
 */
export function offenderOf(event: JsonObject, kind: { isInfection: boolean; isCommandAndControl: boolean }): Offender {
  const { source, target } = sides(event);
  const away = { ip: source, destination: target };
  const attacker = part(event["alert"], "source");
  if (!kind.isInfection && attacker["ip"] !== undefined) {
    const isSender = attacker["ip"] === source.ip;
    return { ip: attacker["ip"], port: attacker["port"], destination: isSender ? target : source };
  }
  const flow = part(event, "flow");
  if (flow["src_ip"] !== undefined)
    return {
      ip: flow["src_ip"],
      port: flow["src_port"],
      destination: { ip: flow["dest_ip"], port: flow["dest_port"] },
    };
  if (event["direction"] === "to_client") return { ...target, destination: source };
  const otherEnd = event["direction"] === undefined && kind.isCommandAndControl ? endpoint(target) : undefined;
  return { ...away.ip, destination: away.destination, ...(otherEnd ? { otherEnd } : {}) };
}
