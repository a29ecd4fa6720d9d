import type { Packet } from "../radius/packet.ts";

export type UpstreamKind = "auth" | "acct";

/** The whole request for this identifier; called once for each server that is tried. What it throws, the exchange throws. */
export type BuildRequest = (identifier: number) => Buffer;

export type ExchangeOutcome =
  | { readonly kind: "reply"; readonly packet: Packet; readonly request: Buffer }
  | { readonly kind: "no-answer" }
  | { readonly kind: "unreachable" }
  /** Every identifier of every source port is waiting for an answer. */
  | { readonly kind: "busy" };
