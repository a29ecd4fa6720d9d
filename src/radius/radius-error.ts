export type RadiusErrorCode =
  | "value-too-long"
  | "packet-too-long"
  | "authenticator-missing"
  | "unknown-attribute"
  | "invalid-value";

/** What is wrong with something that we ourselves want to put on the wire; what arrives gives reasons instead. */
export class RadiusError extends Error {
  readonly code: RadiusErrorCode;
  constructor(code: RadiusErrorCode, message: string) {
    super(message);
    this.name = "RadiusError";
    this.code = code;
  }
}
