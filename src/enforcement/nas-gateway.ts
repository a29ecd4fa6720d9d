import type { NamedAttribute, Nas } from "../nas/nas.ts";
import type { Session } from "../session/session.ts";
import type { Imposed } from "./imposed.ts";
import type { MeasureKind } from "./measure.ts";
import type { Outcome } from "./outcome.ts";
import type { Profile } from "./profile.ts";

/** One request of a plan: what to change. The gateway adds the session's keys, Event-Timestamp and signatures. */
export interface Step {
  readonly kind: "coa" | "disconnect";
  readonly attributes: readonly NamedAttribute[];
}

export interface PlannedSteps {
  readonly kind: "steps";
  readonly steps: readonly Step[];
  /** What is imposed on the session once the last step is acknowledged. */
  readonly imposes: Imposed;
  /** What accounting will show then, as far as the NAS shows it: attribute name -> texts. */
  readonly expected: Readonly<Record<string, readonly string[]>>;
  /** Something that the customer is to be rid of goes: if the NAS refuses, the session has to be ended. */
  readonly takesAway: boolean;
}

/** How to bring one session from one profile to another on its NAS; in order, each only after the one before was acknowledged. */
export type Plan =
  | PlannedSteps
  /** The NAS's vendor (or its overrides) has no way to express it: nothing is sent. */
  | { readonly kind: "unsupported"; readonly measure: MeasureKind; readonly detail: string };

export interface PlanRequest {
  readonly nas: Nas;
  readonly session: Session;
  /** Everything of ours that may be in force now. */
  readonly imposed: Imposed;
  /** All of it is in force: what is wanted of it need not be said again. */
  readonly isCertain: boolean;
  readonly to: Profile;
  /** The subscriber's subscribed rates, for restoring a throttle. */
  readonly subscribedRates?: { readonly downKbps: number; readonly upKbps: number };
}

/** How requests say which session they are about. "none": nothing that is known of it names it to its NAS. */
export type Identification =
  | { readonly kind: "session" | "none" }
  /** By these alone. */
  | { readonly kind: "address"; readonly addresses: readonly string[] };

export type MayTransmit = () => boolean;

/** A request that has been sent before, by a process that is no more. */
export interface SentBefore {
  readonly octets: Buffer;
  readonly localPort: number;
}

/** A request that has its identifier, source port and octets, and is not sent yet: so that it can be journalled first. */
export interface PreparedRequest {
  readonly octets: Buffer;
  readonly localPort: number;
  /**
   * Sends, retransmits the same octets, and resolves with the outcome; never rejects. Asks before each transmission whether
   * it may leave still: where it may not, nobody knows what the NAS did, and the outcome is no answer.
   */
  send(mayTransmit: MayTransmit): Promise<Outcome>;
  /** Gives the identifier back unsent. */
  abandon(): void;
}

/** What enforcement needs of the equipment; coa/ implements it. */
export interface NasGateway {
  plan(request: PlanRequest): Plan;
  /** By nothing, or by an address that is another's now, no request may be sent. */
  identification(nas: Nas, session: Session): Identification;
  /** How many more requests may be prepared for this NAS now (in-flight limit, rate, identifiers left in the window). */
  capacity(nas: Nas): number;
  prepare(nas: Nas, session: Session, step: Step): Promise<PreparedRequest>;
  /**
   * After a crash: the same octets from the same source port, so that the NAS sees a retransmission and not a second
   * request. undefined: that port is not to be had any more, and nothing was sent. Rejects where there is no room now.
   */
  resume(nas: Nas, request: SentBefore, mayTransmit: MayTransmit): Promise<Outcome | undefined>;
}
