import type { Attribute } from "../radius/attribute.ts";
import type { AccountingStatus } from "./accounting-request.ts";
import type { InForce } from "./in-force.ts";
import type { Verdict } from "./personality.ts";

/** What happens on the BNG, as it happens. `line` is the subscriber's number. */
export type BngEvent =
  | {
      readonly kind: "login";
      readonly at: Date;
      readonly line: number;
      readonly result: "accepted" | "rejected" | "unanswered";
      /** New, where it was accepted. */
      readonly session?: string;
      readonly attributes: readonly Attribute[];
      readonly latencyMs: number;
    }
  | {
      readonly kind: "accounting";
      readonly at: Date;
      /** Absent: about the whole BNG (Accounting-On, -Off). */
      readonly line?: number;
      readonly status: AccountingStatus;
      readonly session?: string;
      readonly attributes: readonly Attribute[];
      readonly isAnswered: boolean;
      readonly latencyMs: number;
    }
  | {
      readonly kind: "request";
      readonly at: Date;
      /** Of the sessions that it is about. */
      readonly lines: readonly number[];
      readonly asks: "coa" | "disconnect";
      readonly attributes: readonly Attribute[];
      /** Hex. */
      readonly request: string;
      readonly verdict: Verdict["kind"];
      readonly errorCause?: number;
      readonly isChanged: boolean;
      readonly inForce?: InForce;
    }
  | { readonly kind: "dropped"; readonly at: Date; readonly reason: DropReason };

/** Why a datagram on the CoA port got no answer at all. */
export type DropReason = "malformed" | "not-a-request" | "bad-authenticator" | "stale" | "under-way" | "busy";

export type Tell = (event: BngEvent) => void;
