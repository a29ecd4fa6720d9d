import type { Nas } from "../nas/nas.ts";
import { octetsText } from "../radius/octets-text.ts";
import type { Packet } from "../radius/packet.ts";
import type { AccountingEvent, NasRestart } from "./accounting-event.ts";
import { readShown, type Shown, shownDigest } from "./shown.ts";
import { terminateCauseText } from "./terminate-cause.ts";

export type AccountingFault = "acct-status-type-missing" | "acct-session-id-missing";

export type AccountingReading =
  | { readonly ok: true; readonly event: AccountingEvent }
  | { readonly ok: true; readonly restart: NasRestart }
  /** A status that says nothing about a session's life (tunnels, RFC 2867; a vendor's own): there is nothing to record. */
  | { readonly ok: true; readonly unrecorded: number }
  | { readonly ok: false; readonly reason: AccountingFault };

const ACCT_STATUS_TYPE = 40;
const ACCT_DELAY_TIME = 41;
const ACCT_INPUT_OCTETS = 42;
const ACCT_OUTPUT_OCTETS = 43;
const ACCT_SESSION_ID = 44;
const ACCT_SESSION_TIME = 46;
const ACCT_TERMINATE_CAUSE = 49;
const ACCT_INPUT_GIGAWORDS = 52;
const ACCT_OUTPUT_GIGAWORDS = 53;
const EVENT_TIMESTAMP = 55;
const ACCT_INTERIM_INTERVAL = 85;

const MAX_OCTETS = 2n ** 63n - 1n;
const MAX_INTERIM_SECONDS = 2 ** 31 - 1;
/** A NAS that could not reach us for longer than this has lost its count. */
const MAX_DELAY_SECONDS = 30 * 86_400;
const MAX_SESSION_SECONDS = 5 * 366 * 86_400;

const statuses = new Map<number, AccountingEvent["status"]>([
  [1, "start"],
  [2, "stop"],
  [3, "interim"],
]);
const ACCOUNTING_ON = 7;
const ACCOUNTING_OFF = 8;

/** The value of an attribute of four octets; of several the last, of malformed ones none. */
function numberIn({ attributes }: Packet, wanted: number): number | undefined {
  const found = attributes.findLast(({ type, value }) => type === wanted && value.length === 4);
  return found?.value.readUInt32BE(0);
}

const upTo = (greatest: number, count: number | undefined): number | undefined =>
  count !== undefined && count <= greatest ? count : undefined;

/** Octets with their Gigawords (RFC 2869 section 5.1); undefined when the record counts none. */
function octetsIn(packet: Packet, low: number, high: number): bigint | undefined {
  const count = numberIn(packet, low);
  if (count === undefined) return undefined;
  const gigawords = numberIn(packet, high);
  if (!gigawords) return BigInt(count);
  const total = (BigInt(gigawords) << 32n) + BigInt(count);
  return total > MAX_OCTETS ? MAX_OCTETS : total;
}

interface Reading {
  readonly packet: Packet;
  readonly nasId: string;
  readonly status: AccountingEvent["status"];
  readonly acctSessionId: string;
  readonly at: Date;
  readonly receivedAt: Date;
}

/** An event as its packet tells it: nearly all Interims show nothing new, and are recorded without reading what they show. */
class PacketEvent implements AccountingEvent {
  readonly #packet: Packet;
  #shown: Shown | undefined;
  readonly nasId: string;
  readonly status: AccountingEvent["status"];
  readonly acctSessionId: string;
  readonly at: Date;
  readonly receivedAt: Date;
  readonly eventTimestamp: number | undefined;
  readonly sessionSeconds: number | undefined;
  readonly inputOctets: bigint | undefined;
  readonly outputOctets: bigint | undefined;
  readonly interimSeconds: number | undefined;
  readonly terminateCause: string | undefined;
  readonly shownDigest: string;

  constructor({ packet, nasId, status, acctSessionId, at, receivedAt }: Reading) {
    this.#packet = packet;
    this.nasId = nasId;
    this.status = status;
    this.acctSessionId = acctSessionId;
    this.at = at;
    this.receivedAt = receivedAt;
    this.eventTimestamp = numberIn(packet, EVENT_TIMESTAMP);
    this.sessionSeconds = upTo(MAX_SESSION_SECONDS, numberIn(packet, ACCT_SESSION_TIME));
    this.inputOctets = octetsIn(packet, ACCT_INPUT_OCTETS, ACCT_INPUT_GIGAWORDS);
    this.outputOctets = octetsIn(packet, ACCT_OUTPUT_OCTETS, ACCT_OUTPUT_GIGAWORDS);
    this.interimSeconds = upTo(MAX_INTERIM_SECONDS, numberIn(packet, ACCT_INTERIM_INTERVAL));
    const cause = numberIn(packet, ACCT_TERMINATE_CAUSE);
    this.terminateCause = cause === undefined ? undefined : terminateCauseText(cause);
    this.shownDigest = shownDigest(packet);
  }

  get username(): string {
    return this.#read().username;
  }

  get ipv4(): string | undefined {
    return this.#read().ipv4;
  }

  get sharedPorts(): string | undefined {
    return this.#read().sharedPorts;
  }

  get ipv6Prefixes(): readonly string[] {
    return this.#read().ipv6Prefixes;
  }

  get delegatedPrefixes(): readonly string[] {
    return this.#read().delegatedPrefixes;
  }

  get ipv6Addresses(): readonly string[] {
    return this.#read().ipv6Addresses;
  }

  get identity(): Shown["identity"] {
    return this.#read().identity;
  }

  get observed(): Shown["observed"] {
    return this.#read().observed;
  }

  #read(): Shown {
    this.#shown ??= readShown(this.#packet);
    return this.#shown;
  }
}

/**
 * Reads what an Accounting-Request says (RFC 2866), by attribute number. Its time is the arrival less Acct-Delay-Time,
 * since nothing tells whether the NAS's clock is right: Event-Timestamp tells one record from another, and no more.
 * Malformed attributes are left out.
 */
export function readAccounting(packet: Packet, nas: Nas, receivedAt: Date): AccountingReading {
  const statusNumber = numberIn(packet, ACCT_STATUS_TYPE);
  if (statusNumber === undefined) return { ok: false, reason: "acct-status-type-missing" };
  const delay = upTo(MAX_DELAY_SECONDS, numberIn(packet, ACCT_DELAY_TIME)) ?? 0;
  const at = delay === 0 ? receivedAt : new Date(receivedAt.getTime() - delay * 1000);
  if (statusNumber === ACCOUNTING_ON || statusNumber === ACCOUNTING_OFF) {
    const eventTimestamp = numberIn(packet, EVENT_TIMESTAMP);
    const kind = statusNumber === ACCOUNTING_ON ? "on" : "off";
    return { ok: true, restart: { nasId: nas.id, kind, at, receivedAt, eventTimestamp } };
  }
  const status = statuses.get(statusNumber);
  if (status === undefined) return { ok: true, unrecorded: statusNumber };
  const sessionId = packet.attributes.find(({ type }) => type === ACCT_SESSION_ID);
  if (sessionId === undefined || sessionId.value.length === 0) return { ok: false, reason: "acct-session-id-missing" };
  const acctSessionId = octetsText(sessionId.value);
  return { ok: true, event: new PacketEvent({ packet, nasId: nas.id, status, acctSessionId, at, receivedAt }) };
}
