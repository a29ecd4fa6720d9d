export type EnforcementErrorCode =
  | "unknown-subscriber"
  | "unknown-measure"
  /** It is not awaiting approval and not held. */
  | "not-waiting"
  /** Termination takes two people, and this one ordered or approved it already. */
  | "same-person"
  /** Only a person's key may approve. */
  | "not-a-person"
  | "unknown-breaker";

/** What cannot be done to a measure or breaker; `message` says it to whoever asked. */
export class EnforcementError extends Error {
  readonly code: EnforcementErrorCode;
  constructor(code: EnforcementErrorCode, message: string) {
    super(message);
    this.name = "EnforcementError";
    this.code = code;
  }
}
