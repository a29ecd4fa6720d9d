export type SessionErrorCode =
  /** More records wait than the recorder takes on. */
  | "queue-full"
  /** It was not committed in time: whether it still will be is unknown. */
  | "too-late"
  /** PostgreSQL cannot be reached, or is shutting down. */
  | "unavailable"
  /** PostgreSQL refuses this very record. */
  | "unstorable"
  /** The recorder is stopping. */
  | "stopped";

/** A record that is not known to be durable, so that its NAS must not be answered. */
export class SessionError extends Error {
  readonly code: SessionErrorCode;
  constructor(code: SessionErrorCode, options?: ErrorOptions) {
    super(`the record could not be made durable: ${code}`, options);
    this.name = "SessionError";
    this.code = code;
  }
}
