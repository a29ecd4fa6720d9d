import type { Dictionary } from "../dictionary/dictionary.ts";
import type { Attribute } from "../radius/attribute.ts";
import { Code } from "../radius/code.ts";
import { encodeAttributes } from "../radius/encode-attributes.ts";
import { encodeRequest } from "../radius/encode-packet.ts";

export const AccountingStatus = { start: 1, stop: 2, interim: 3, on: 7, off: 8 } as const;
export type AccountingStatus = keyof typeof AccountingStatus;

/** RFC 2866 section 5.10. */
export const TerminateCause = { userRequest: 1, adminReset: 6, nasReboot: 11 } as const;

/** Octets as the customer sees them: `down` is what it got. */
export interface Traffic {
  readonly down: number;
  readonly up: number;
}

const WORD = 2 ** 32;
const RADIUS_AUTHENTICATED = 1;

const octets = (name: "Input" | "Output", count: number): Attribute[] => [
  { name: `Acct-${name}-Octets`, value: count % WORD },
  { name: `Acct-${name}-Gigawords`, value: Math.floor(count / WORD) },
];

/** Status and time: what an Accounting-On has too. */
export const statusAttributes = (status: AccountingStatus, now: Date): Attribute[] => [
  { name: "Acct-Status-Type", value: AccountingStatus[status] },
  { name: "Event-Timestamp", value: Math.floor(now.getTime() / 1000) },
  { name: "Acct-Delay-Time", value: 0 },
  { name: "Acct-Authentic", value: RADIUS_AUTHENTICATED },
];

/** Counters of an Interim or a Stop; input is what the customer sent (RFC 2866 section 5.3). */
export const counterAttributes = (seconds: number, { down, up }: Traffic): Attribute[] => [
  { name: "Acct-Session-Time", value: seconds },
  ...octets("Input", up),
  ...octets("Output", down),
];

export function encodeAccounting(
  attributes: readonly Attribute[],
  wire: { readonly dictionary: Dictionary; readonly secret: Buffer; readonly identifier: number },
): Buffer {
  const { dictionary, secret, identifier } = wire;
  const raw = encodeAttributes(dictionary, attributes, { secret, authenticator: Buffer.alloc(16) });
  return encodeRequest({
    code: Code.AccountingRequest,
    identifier,
    attributes: raw,
    secret,
    messageAuthenticator: false,
  });
}
