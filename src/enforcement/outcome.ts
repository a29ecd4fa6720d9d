/**
 * How one request to a NAS ended. A NAK, silence, a forged answer and a closed port are different results with
 * different consequences, so none of them is ever folded into "false".
 */
export type Outcome = OutcomeDetail & {
  /** Datagrams sent: 1 + retransmissions. */
  readonly attempts: number;
  readonly sentAt: Date;
  readonly answeredAt?: Date;
  /** The answer's octets, also of one that was not authentic. */
  readonly response?: Buffer;
};

export type OutcomeDetail =
  | { readonly kind: "acknowledged" }
  /** `errorCause`: RFC 5176 section 3.6; absent where the NAS gave none. */
  | { readonly kind: "refused"; readonly errorCause?: number }
  | { readonly kind: "no-answer" }
  /** Answers came, but none with a valid authenticator: a wrong secret, or somebody else. */
  | { readonly kind: "not-authentic" }
  /** The operating system said that the port or host cannot be reached (ICMP). */
  | { readonly kind: "unreachable" };
