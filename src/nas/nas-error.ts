export type NasErrorCode = "secret-required" | "address-taken";

/** What is wrong with an operator's NAS; `message` says it to them. */
export class NasError extends Error {
  readonly code: NasErrorCode;
  constructor(code: NasErrorCode, message: string) {
    super(message);
    this.name = "NasError";
    this.code = code;
  }
}
