import type { Category, Severity } from "./category.ts";
import type { IntakeErrorCode } from "./intake-error.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One side of a conversation, address normalised. */
export interface Endpoint {
  readonly ip: string;
  readonly port?: number;
}

/** One normalised claim: this address (and port) did this kind of thing at this time. */
export interface Observation {
  /** The record's number in its report, from 1, a header not counted. */
  readonly row: number;
  /** Canonical text: IPv4, or IPv6 as RFC 5952; an IPv4-mapped address is given as IPv4. */
  readonly ip: string;
  readonly port?: number;
  /** Lower case, usually the transport: "tcp". */
  readonly protocol?: string;
  readonly at: Date;
  readonly until?: Date;
  /** When the report came, by our clock: a time after it shows that the reporter's clock is fast. */
  readonly toldAt: Date;
  readonly category: Category;
  readonly severity: Severity;
  /** The malware family, signature or the like. */
  readonly name?: string;
  readonly description?: string;
  /** What it was done to, where that is known. */
  readonly destination?: { readonly ip?: string; readonly port?: number };
  /** How sure the reporter is, 0 to 1. */
  readonly confidence?: number;
  readonly evidence: { readonly [key: string]: Json };
  /** Loopback, multicast and the like: refused with `bogon-address`, unless a session ever held it. */
  readonly isBogon: boolean;
  /** The other end, where the format cannot tell which one is the offender: taken if no session held `ip`. */
  readonly otherEnd?: Endpoint;
}

/** Why one row is left out; the others are kept. Documented in docs/errors.md. */
export const rowCodes = {
  "malformed-row": "the record cannot be read as CSV or JSON, or has another number of fields than the header",
  "missing-field": "a field without which the row means nothing is missing or empty",
  "misspelt-field": "a field's name is nearly one that has a meaning, so it was probably meant to have it",
  "invalid-address": "the address is not an IPv4 or IPv6 address",
  "address-with-zone": "the address has a zone id, so it means something on one link only",
  "not-an-address": "the source is named by a domain or the like: nobody can be found by that",
  "bogon-address": "no machine can have this address as its own, and no session ever held it",
  "invalid-port": "the port is not a whole number from 0 to 65535",
  "invalid-field": "a field has a value that it cannot have",
  "invalid-time": "the time is not a date and time in the form that the format asks for",
  "time-without-zone": "the time does not say its zone",
  "time-in-future": "the time is more than ten minutes ahead of ours",
  "time-out-of-range": "the time is before the year 2000",
  "until-before-at": "the end is before the beginning",
  "unknown-category": "there is no such category",
  "category-not-mapped": "what is reported is not a sign of a compromised or misused machine at that address",
  "not-malicious": "the reporter says that the machine means no harm",
  "not-an-alert": "an event of another type than alert",
  "invalid-xarf": "the report breaks the XARF schema",
  "format-not-supported": "a record of a known format that this version does not read",
  "evidence-too-deep": "the evidence is nested too deep",
  "evidence-too-large": "the evidence is too large",
  "category-not-allowed": "the source may not report this category",
  "source-limit": "the source has sent its share of observations for this hour",
} as const;
export type RowCode = keyof typeof rowCodes;

export interface Rejection {
  readonly row: number;
  readonly code: RowCode;
  /** What is wrong, in words. */
  readonly detail: string;
}

export interface RowFault {
  readonly ok: false;
  readonly code: RowCode;
  readonly detail: string;
}
export type Reading<Value> = { readonly ok: true; readonly value: Value } | RowFault;

export const fault = (code: RowCode, detail: string): RowFault => ({ ok: false, code, detail });

/** Why nothing of a report can be read. */
export interface Refusal {
  readonly ok: false;
  readonly code: IntakeErrorCode;
  readonly detail: string;
}

/** A report as read: rows are either observations or rejections. */
export type ReportReading =
  | {
      readonly ok: true;
      /** "native", "xarf-v4", "suricata-eve", "shadowserver:event4_sinkhole". */
      readonly format: string;
      /** Of the body as posted, hex. */
      readonly sha256: string;
      readonly byteCount: number;
      readonly observations: readonly Observation[];
      readonly rejected: readonly Rejection[];
    }
  | Refusal;
