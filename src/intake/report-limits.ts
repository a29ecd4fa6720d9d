/** What one report may hold. Above every honest daily file that we know, below what would hurt a server. */

/** After decompression: a zip bomb stops here. */
export const MAX_REPORT_BYTES = 64 * 1024 * 1024;
export const MAX_ROWS = 100_000;
/** Unpacked; a smaller report is read in place, which takes a few milliseconds. A larger one is read in a thread. */
export const SMALL_REPORT_BYTES = 64 * 1024;
/** Of one JSON record. Deeper or with more values its evidence could not be kept anyway: it is not even parsed. */
export const MAX_RECORD_DEPTH = 64;
export const MAX_RECORD_VALUES = 50_000;
/** One line of CSV or NDJSON. */
export const MAX_LINE_CHARACTERS = 1024 * 1024;
/** Evidence nested deeper is refused with its row. */
export const MAX_EVIDENCE_DEPTH = 12;
/** A longer text in the evidence is cut, and says so. */
export const MAX_EVIDENCE_TEXT = 16 * 1024;
/** Evidence of one row, as JSON; more is refused with its row. */
export const MAX_EVIDENCE_CHARACTERS = 256 * 1024;
export const MAX_NAME_CHARACTERS = 200;
export const MAX_DESCRIPTION_CHARACTERS = 2_000;
/** A reporter's clock may be this far ahead of ours; attribution then searches as much more of the past. */
export const MAX_AHEAD_MS = 10 * 60_000;
/** No report is about a time before there were reports: such a time is a mistake of the sender. */
export const EARLIEST_MS = Date.UTC(2000, 0, 1);
