import type { Attribute } from "../radius/attribute.ts";
import type { InForce } from "./in-force.ts";

/** What a BNG keeps of one session's configuration. */
export interface LineState {
  /** As it was told, by Access-Accept and CoA; what it notes is not always what it does. */
  readonly noted: readonly Attribute[];
  readonly inForce: InForce;
}

/** A session as a request may name it: by the attributes that the BNG itself reports of it. */
export interface KnownSession {
  readonly identity: ReadonlyMap<string, string>;
  readonly state: LineState;
}

/** A Disconnect-Request or CoA-Request, decoded. */
export interface DynamicRequest {
  readonly kind: "coa" | "disconnect";
  readonly attributes: readonly Attribute[];
  /** What this BNG calls itself: NAS-IP-Address, NAS-Identifier. */
  readonly self: ReadonlyMap<string, string>;
  /** Sessions that all of `names` in the request fit; with an index behind, since there may be many thousands. */
  matching(names: readonly string[]): readonly KnownSession[];
}

export interface SessionChange {
  readonly session: KnownSession;
  readonly state: LineState;
}

/** What a BNG does with a request: what it answers, and what changes, which is not always the same thing. */
export type Verdict =
  | {
      readonly kind: "acknowledged";
      readonly sessions: readonly KnownSession[];
      readonly changes: readonly SessionChange[];
    }
  | { readonly kind: "refused"; readonly errorCause?: number; readonly changes: readonly SessionChange[] }
  | { readonly kind: "silent" };

/** How a vendor's BNG deals with datagrams and sessions, whatever they are about. */
export interface Manners {
  /** Where it listens for CoA by default. */
  readonly coaPort: number;
  /** A request with an older or later Event-Timestamp is dropped (RFC 5176 section 3.3). */
  readonly checksEventTimestamp: boolean;
  /** Answers carry Message-Authenticator and Event-Timestamp. */
  readonly signsAnswers: boolean;
  /** A retransmission gets the answer that the first one got (RFC 5080 section 2.2.2). */
  readonly remembersAnswers: boolean;
  /** A second request for a session, while the first is being worked on, is dropped without a word. */
  readonly dropsWhileBusy: boolean;
  /** How long the session lives on after a Disconnect-ACK. */
  readonly endsAfterAckMs: number;
  /** The Stop after a Disconnect says why. */
  readonly saysWhyItEnded: boolean;
  /** An Interim follows each change at once. */
  readonly reportsChanges: boolean;
}

/** How one vendor's BNG behaves: data, and the functions that its own ways need. One file each in personalities/. */
export interface Personality extends Manners {
  readonly name: string;
  /** What an Access-Accept puts in force. */
  login(granted: readonly Attribute[]): LineState;
  answer(request: DynamicRequest): Verdict;
  /** What accounting shows of it. */
  shown(state: LineState): readonly Attribute[];
}
