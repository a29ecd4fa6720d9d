import type { DropReason as AccessDropReason } from "../authorization/access.ts";
import type { PacketFault } from "../radius/decode-packet.ts";
import type { AccountingFault } from "../session/read-accounting.ts";
import type { SessionErrorCode } from "../session/session-error.ts";

/** Why a datagram on a RADIUS port got no answer: the label `reason` of weir_radius_dropped_total. A closed set. */
export type DropReason =
  /** No NAS has this source address, or none of those there has this NAS-Identifier. */
  | "unknown-nas"
  | "wrong-code"
  | "bad-authenticator"
  | "bad-message-authenticator"
  | "message-authenticator-missing"
  | "overloaded"
  | "stopping"
  | "internal-error"
  | PacketFault
  | AccountingFault
  | SessionErrorCode
  | AccessDropReason;
