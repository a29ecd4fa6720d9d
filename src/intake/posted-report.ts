import type { SourceKind } from "./source.ts";

/** What was posted, as the edge has it. */
export interface PostedReport {
  /** The header, parameters and all. */
  readonly contentType: string;
  readonly contentEncoding?: string | undefined;
  /** From Content-Disposition. */
  readonly fileName?: string | undefined;
  /** `?type=`. */
  readonly reportType?: string | undefined;
  /** Whoever reads the report may take its memory away to another thread: afterwards it is empty. */
  readonly body: Buffer;
}

export interface ReadingRules {
  readonly now: Date;
  readonly sourceKind: SourceKind;
}
