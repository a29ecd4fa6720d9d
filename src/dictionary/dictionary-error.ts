export type DictionaryErrorCode =
  | "unreadable-file"
  | "include-loop"
  | "unknown-statement"
  | "wrong-number-of-fields"
  | "invalid-number"
  | "unknown-type"
  | "unknown-flag"
  | "conflicting-flags"
  | "unknown-vendor"
  | "unknown-attribute"
  | "unknown-parent"
  | "duplicate-attribute"
  | "duplicate-vendor"
  | "duplicate-value"
  | "unbalanced-block"
  | "invalid-format";

/** What is wrong with a dictionary, and where: "file:line: message". */
export class DictionaryError extends Error {
  readonly code: DictionaryErrorCode;
  readonly file: string;
  readonly line: number;
  constructor(code: DictionaryErrorCode, message: string, place: { readonly file: string; readonly line: number }) {
    super(`${place.file}:${place.line}: ${message}`);
    this.name = "DictionaryError";
    this.code = code;
    this.file = place.file;
    this.line = place.line;
  }
}
