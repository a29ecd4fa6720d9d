/** Why a whole report is refused; nothing of it is stored. Faults of single rows are RowCodes instead. */
export type IntakeErrorCode =
  /** There is no source of that name. */
  | "unknown-source"
  /** A source's list of categories names one that there is not. */
  | "unknown-category"
  /** A source that has sent reports cannot be removed. */
  | "source-in-use"
  /** The Content-Type is none that carries reports. */
  | "unsupported-content-type"
  /** A report format that is known, but that this version does not read. */
  | "format-not-supported"
  | "body-too-large"
  /** Content-Encoding is none that is taken, or the gzip data is broken. */
  | "invalid-compression"
  | "empty-report"
  | "malformed-json"
  | "malformed-csv"
  /** JSON, but neither XARF nor an observation list. */
  | "unknown-shape"
  | "too-many-rows"
  /** Reading it took more time or memory than a report may take. */
  | "report-too-costly"
  /** So many large reports are under way that no other is taken now. */
  | "too-many-reports"
  /** Shadowserver: neither `?type=` nor a file name says which report it is. */
  | "report-type-missing"
  | "unknown-report-type"
  /** A Shadowserver report that is known, but whose rows name no offender, or that this version does not read. */
  | "report-type-not-supported"
  /** The CSV header lacks a column without which no row has a meaning. */
  | "missing-columns"
  /** This format is taken from sources of kind `monitoring` only. */
  | "wrong-source-kind";

export class IntakeError extends Error {
  readonly code: IntakeErrorCode;
  constructor(code: IntakeErrorCode, message: string) {
    super(message);
    this.name = "IntakeError";
    this.code = code;
  }
}
