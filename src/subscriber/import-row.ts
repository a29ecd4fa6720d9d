/** Why one row is left out; the others are taken. */
export const importRowCodes = ["malformed-row", "invalid-row", "username-taken"] as const;
export type ImportRowCode = (typeof importRowCodes)[number];

/** One record of an import file as it was read: `row` counts records from 1, a header not counted. */
export type ImportRow =
  | { readonly row: number; readonly record: Readonly<Record<string, unknown>> }
  | { readonly row: number; readonly code: "malformed-row"; readonly detail: string };

export type ImportErrorCode =
  | "unknown-column"
  | "missing-column"
  | "doubled-column"
  | "no-header"
  | "too-large"
  | "not-gzip"
  | "broken-off";

/** The file as a whole cannot be taken; `message` says why. Rows before the fault may be stored already. */
export class ImportError extends Error {
  readonly code: ImportErrorCode;
  constructor(code: ImportErrorCode, message: string) {
    super(message);
    this.name = "ImportError";
    this.code = code;
  }
}
