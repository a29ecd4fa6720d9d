export type SubscriberErrorCode = "username-taken" | "subscriber-in-use" | "password-withdrawn";

/** What stands against an operator's change of a subscriber; `message` says it to them. */
export class SubscriberError extends Error {
  readonly code: SubscriberErrorCode;
  constructor(code: SubscriberErrorCode, message: string) {
    super(message);
    this.name = "SubscriberError";
    this.code = code;
  }
}
