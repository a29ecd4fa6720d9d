import type { Nas } from "../nas/nas.ts";
import type { Packet, RawAttribute } from "../radius/packet.ts";

/** An Access-Request whose authenticity the listener has checked. */
export interface AccessRequest {
  readonly packet: Packet;
  readonly nas: Nas;
  readonly receivedAt: Date;
}

/** Why an Access-Request gets no answer, so that the NAS asks its next server. */
export type DropReason =
  | "database-unavailable"
  | "credential-unreadable"
  | "upstream-no-answer"
  | "upstream-unreachable"
  | "upstream-busy"
  | "too-long"
  | "not-forwardable"
  | "contended"
  | "internal-error";

/** `attributes` without Message-Authenticator, which the listener computes; Proxy-States are already among them. */
export type AccessResult =
  | { readonly kind: "answer"; readonly code: number; readonly attributes: RawAttribute[] }
  | { readonly kind: "drop"; readonly reason: DropReason };

const PROXY_STATE = 33;
const MAX_PACKET_OCTETS = 4096;
const HEADER_AND_MESSAGE_AUTHENTICATOR_OCTETS = 20 + 18;

export const drop = (reason: DropReason): AccessResult => ({ kind: "drop", reason });

/** With the request's Proxy-States copied to the end unchanged and in their order (RFC 2865 section 5.33). */
const withProxyStates = ({ packet }: AccessRequest, attributes: readonly RawAttribute[]): RawAttribute[] => [
  ...attributes,
  ...packet.attributes.filter(({ type }) => type === PROXY_STATE),
];

const hasRoomFor = (all: readonly RawAttribute[]): boolean =>
  all.reduce((sum, { value }) => sum + 2 + value.length, HEADER_AND_MESSAGE_AUTHENTICATOR_OCTETS) <= MAX_PACKET_OCTETS;

/** Whether an answer to `request` has room for these. */
export const fitsAnswer = (request: AccessRequest, attributes: readonly RawAttribute[]): boolean =>
  hasRoomFor(withProxyStates(request, attributes));

/** An answer to `request`, which gets its Proxy-States back. */
export function answer(code: number, request: AccessRequest, attributes: readonly RawAttribute[]): AccessResult {
  const all = withProxyStates(request, attributes);
  return hasRoomFor(all) ? { kind: "answer", code, attributes: all } : drop("too-long");
}
