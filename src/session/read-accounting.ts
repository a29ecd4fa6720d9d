import type { Nas } from "../nas/nas.ts";
import type { Packet } from "../radius/packet.ts";
import {
  identityAttributes,
  type KeptAttribute,
  observedAttributes,
  observedVendorAttributes,
} from "./accounting-attributes.ts";
import type { AccountingEvent, NasRestart } from "./accounting-event.ts";
import { terminateCauseText } from "./terminate-cause.ts";
import { isUsableIpv4, isUsableIpv6Prefix } from "./usable-address.ts";

export type AccountingFault = "acct-status-type-missing" | "acct-session-id-missing";

export type AccountingReading =
  | { readonly ok: true; readonly event: AccountingEvent }
  | { readonly ok: true; readonly restart: NasRestart }
  /** A status that says nothing about a session's life (tunnels, RFC 2867; a vendor's own): there is nothing to record. */
  | { readonly ok: true; readonly unrecorded: number }
  | { readonly ok: false; readonly reason: AccountingFault };

const VENDOR_SPECIFIC = 26;
const MAX_OCTETS = 2n ** 63n - 1n;
/** A NAS that could not reach us for longer than this has lost its count. */
const MAX_DELAY_SECONDS = 30 * 86_400;
const MAX_SESSION_SECONDS = 5 * 366 * 86_400;

interface Draft {
  readonly numbers: Map<number, number>;
  readonly identity: Record<string, string>;
  readonly observed: Record<string, string[]>;
  readonly classes: Buffer[];
  readonly ipv6: string[];
}

/** Acct-Status-Type, -Delay-Time, -Input- and -Output-Octets, -Session-Time, -Terminate-Cause, Gigawords, -Interim-Interval. */
const numberAttributes: ReadonlySet<number> = new Set([40, 41, 42, 43, 46, 49, 52, 53, 85]);

function keepObserved(draft: Draft, kept: KeptAttribute, value: Buffer): void {
  const text = kept.read(value);
  if (text === undefined) return;
  const texts = draft.observed[kept.name];
  if (texts === undefined) draft.observed[kept.name] = [text];
  else texts.push(text);
}

/** Vendor-Specific of format 1,1 (RFC 2865 section 5.26); what does not fit it is left out. */
function readVendorSpecific(draft: Draft, value: Buffer): void {
  if (value.length < 6) return;
  const attributes = observedVendorAttributes.get(value.readUInt32BE(0));
  if (attributes === undefined) return;
  for (let at = 4; at + 2 <= value.length; ) {
    const size = value[at + 1] ?? 0;
    if (size < 2 || at + size > value.length) return;
    const kept = attributes.get(value[at] ?? 0);
    if (kept !== undefined) keepObserved(draft, kept, value.subarray(at + 2, at + size));
    at += size;
  }
}

function readIdentity(draft: Draft, type: number, kept: KeptAttribute, value: Buffer): void {
  const text = kept.read(value);
  if (text === undefined) return;
  // Framed-IPv6-Prefix, Delegated-IPv6-Prefix, Framed-IPv6-Address
  if (type === 97 || type === 123) draft.ipv6.push(text);
  else if (type === 168) draft.ipv6.push(`${text}/128`);
  draft.identity[kept.name] ??= text;
}

function draftOf(packet: Packet): Draft {
  const draft: Draft = { numbers: new Map(), identity: {}, observed: {}, classes: [], ipv6: [] };
  for (const { type, value } of packet.attributes) {
    const identity = identityAttributes.get(type);
    if (identity !== undefined) readIdentity(draft, type, identity, value);
    else if (type === VENDOR_SPECIFIC) readVendorSpecific(draft, value);
    else if (numberAttributes.has(type)) {
      if (value.length === 4) draft.numbers.set(type, value.readUInt32BE(0));
    } else {
      const observed = observedAttributes.get(type);
      if (observed !== undefined) keepObserved(draft, observed, value);
      if (type === 25) draft.classes.push(value);
    }
  }
  return draft;
}

/** Octets with their Gigawords (RFC 2869 section 5.1); undefined when the record counts none. */
function octets(draft: Draft, low: number, high: number): bigint | undefined {
  const count = draft.numbers.get(low);
  if (count === undefined) return undefined;
  const total = (BigInt(draft.numbers.get(high) ?? 0) << 32n) + BigInt(count);
  return total > MAX_OCTETS ? MAX_OCTETS : total;
}

const statuses = new Map<number, AccountingEvent["status"]>([
  [1, "start"],
  [2, "stop"],
  [3, "interim"],
]);
const ACCOUNTING_ON = 7;
const ACCOUNTING_OFF = 8;

function eventOf(draft: Draft, when: { nas: Nas; at: Date; receivedAt: Date }): Omit<AccountingEvent, "status"> {
  const { numbers, identity } = draft;
  const inputOctets = octets(draft, 42, 52);
  const outputOctets = octets(draft, 43, 53);
  const sessionSeconds = numbers.get(46);
  const interimSeconds = numbers.get(85);
  const cause = numbers.get(49);
  const ipv4 = identity["Framed-IP-Address"];
  return {
    nasId: when.nas.id,
    acctSessionId: identity["Acct-Session-Id"] ?? "",
    username: identity["User-Name"] ?? "",
    at: when.at,
    receivedAt: when.receivedAt,
    ...(sessionSeconds === undefined || sessionSeconds > MAX_SESSION_SECONDS ? {} : { sessionSeconds }),
    ...(ipv4 === undefined || !isUsableIpv4(ipv4) ? {} : { ipv4 }),
    ipv6Prefixes: draft.ipv6.length === 0 ? draft.ipv6 : [...new Set(draft.ipv6.filter(isUsableIpv6Prefix))].sort(),
    ...(inputOctets === undefined ? {} : { inputOctets }),
    ...(outputOctets === undefined ? {} : { outputOctets }),
    ...(interimSeconds === undefined || interimSeconds > 0x7fffffff ? {} : { interimSeconds }),
    ...(cause === undefined ? {} : { terminateCause: terminateCauseText(cause) }),
    identity,
    classes: draft.classes,
    observed: draft.observed,
  };
}

/**
 * Reads what an Accounting-Request says (RFC 2866), by attribute number. Its time is the arrival less Acct-Delay-Time;
 * Event-Timestamp is left aside, since nothing tells whether the NAS's clock is right. Malformed attributes are left out.
 */
export function readAccounting(packet: Packet, nas: Nas, receivedAt: Date): AccountingReading {
  const draft = draftOf(packet);
  const status = draft.numbers.get(40);
  if (status === undefined) return { ok: false, reason: "acct-status-type-missing" };
  const delay = draft.numbers.get(41) ?? 0;
  const at = delay === 0 || delay > MAX_DELAY_SECONDS ? receivedAt : new Date(receivedAt.getTime() - delay * 1000);
  if (status === ACCOUNTING_ON || status === ACCOUNTING_OFF)
    return { ok: true, restart: { nasId: nas.id, at, receivedAt } };
  const known = statuses.get(status);
  if (known === undefined) return { ok: true, unrecorded: status };
  const event = eventOf(draft, { nas, at, receivedAt });
  if (event.acctSessionId === "") return { ok: false, reason: "acct-session-id-missing" };
  return { ok: true, event: { status: known, ...event } };
}
