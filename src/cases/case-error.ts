export type CaseErrorCode =
  | "unknown-case"
  /** The case is not in a state in which this can happen. */
  | "not-possible-now";

/** What cannot be done to a case; `message` says it to whoever asked. */
export class CaseError extends Error {
  readonly code: CaseErrorCode;
  constructor(code: CaseErrorCode, message: string) {
    super(message);
    this.name = "CaseError";
    this.code = code;
  }
}
