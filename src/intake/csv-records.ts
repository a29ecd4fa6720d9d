/** One record after the header: its fields, or what is wrong with it. */
export type CsvRecord =
  | { readonly ok: true; readonly fields: readonly string[] }
  | { readonly ok: false; readonly detail: string };

export interface CsvTable {
  readonly header: readonly string[];
  /** Read as they are asked for, so that a large file need not be read in one go. */
  readonly records: Iterable<CsvRecord>;
}

/** A field with line breaks goes over a few lines, not over a file. */
const MAX_LINES_OF_RECORD = 10;
const MAX_RECORD_CHARACTERS = 64 * 1024;
/** Shadowserver's widest report has a few dozen. */
const MAX_COLUMNS = 300;
/** In a file with so many broken records, fields with line breaks are no longer looked for: that would take long. */
const MAX_SEARCHES = 200;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

interface Parsed {
  readonly record: CsvRecord;
  readonly isBlank: boolean;
  /** Where the next record begins. */
  readonly next: number;
  readonly lines: number;
}

const blankLine = /[ \t]*(?:\r\n|\n|\r)/y;

/** `from` itself where there is no blank line. */
function afterBlankLine(text: string, from: number): number {
  blankLine.lastIndex = from;
  return blankLine.test(text) ? blankLine.lastIndex : from;
}

const lineEnd = /\r\n|\n|\r|$/g;

/** Where the line after the one that `from` is in begins. */
function nextLine(text: string, from: number): number {
  lineEnd.lastIndex = from;
  const found = lineEnd.exec(text);
  return found ? found.index + found[0].length : text.length;
}

/** How many line ends there are from `from` to before `to`. */
function lineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED || (code === CARRIAGE_RETURN && text.charCodeAt(at + 1) !== LINE_FEED)) count++;
  }
  return count;
}

/**
 * The end of a quoted field that opens at `from`: the place after its closing quote. Looks no further than a record goes,
 * and at nothing twice.
 */
function afterQuoted(text: string, from: number, maxLines: number): number | undefined {
  let lines = 1;
  let seen = from;
  for (let at = from + 1; at - from < MAX_RECORD_CHARACTERS; at += 2) {
    at = text.indexOf('"', at);
    if (at === -1 || at - from > MAX_RECORD_CHARACTERS) return undefined;
    lines += lineEnds(text, seen, at);
    seen = at;
    if (lines > maxLines) return undefined;
    if (text[at + 1] !== '"') return at + 1;
  }
  return undefined;
}

const plainField = /[^,"\r\n]*/y;

/** One field from `from` on: its value and the place after it; or what is wrong. */
function readField(text: string, from: number, maxLines: number): { value: string; after: number } | string {
  if (text[from] !== '"') {
    plainField.lastIndex = from;
    const value = plainField.exec(text)?.[0] ?? "";
    const after = from + value.length;
    return text[after] === '"' ? "a quote within a field that does not begin with one" : { value, after };
  }
  const after = afterQuoted(text, from, maxLines);
  if (after === undefined) return "a quote is not closed";
  const isEnd = after >= text.length || /[,\r\n]/.test(text[after] ?? "");
  if (!isEnd) return "text after a closing quote, or a quote that is not closed";
  return { value: text.slice(from + 1, after - 1).replaceAll('""', '"'), after };
}

/** RFC 4180, from the beginning of a line. What is broken loses that line only. */
function parseRecord(text: string, from: number, maxLines: number): Parsed {
  const fields: string[] = [];
  const broken = (detail: string): Parsed => ({
    record: { ok: false, detail },
    isBlank: false,
    next: nextLine(text, from),
    lines: 1,
  });
  for (let at = from; ; ) {
    const field = readField(text, at, maxLines);
    if (typeof field === "string") return broken(field);
    fields.push(field.value);
    if (field.after - from > MAX_RECORD_CHARACTERS) return broken("the record is too long");
    if (text[field.after] !== ",") {
      const isBlank = fields.length === 1 && text.slice(from, field.after).trim() === "";
      const lines = 1 + lineEnds(text, from, field.after);
      return { record: { ok: true, fields }, isBlank, next: nextLine(text, field.after), lines };
    }
    at = field.after + 1;
  }
}

/**
 * A quote that is never closed swallows the lines after it, up to the next quote. So what goes over several lines must
 * have as many fields as the header; else its first line is broken, and the next one is looked at by itself.
 */
function checked(text: string, from: number, rules: { columns: number; maxLines: number }): Parsed {
  const { columns, maxLines } = rules;
  const parsed = parseRecord(text, from, maxLines);
  if (!parsed.record.ok || parsed.record.fields.length === columns || parsed.isBlank) return parsed;
  const detail =
    parsed.lines > 1
      ? "a quote is not closed"
      : `${parsed.record.fields.length} fields where the header names ${columns}`;
  return { record: { ok: false, detail }, isBlank: false, next: nextLine(text, from), lines: 1 };
}

function headerOf(text: string): { readonly fields: readonly string[]; readonly next: number } | undefined {
  for (let from = 0; from < text.length; ) {
    const parsed = parseRecord(text, from, MAX_LINES_OF_RECORD);
    if (!parsed.record.ok) return undefined;
    if (!parsed.isBlank) return { fields: parsed.record.fields, next: parsed.next };
    from = parsed.next;
  }
  return undefined;
}

function* recordsFrom(text: string, start: number, columns: number): Generator<CsvRecord> {
  let broken = 0;
  for (let from = start; from < text.length; ) {
    const next = afterBlankLine(text, from);
    if (next > from) {
      from = next;
      continue;
    }
    const maxLines = broken < MAX_SEARCHES ? MAX_LINES_OF_RECORD : 1;
    const parsed = checked(text, from, { columns, maxLines });
    if (!parsed.record.ok) broken++;
    if (!parsed.isBlank) yield parsed.record;
    from = parsed.next;
  }
}

/**
 * Splits CSV (RFC 4180, any line ending) into header and records, each of them whole or broken by itself: general parsers
 * lose their way after a broken quote, and here every other row must still be taken, under its own number. Blank lines
 * are no records. Undefined: there is no header that can be read.
 */
export function readCsv(text: string): CsvTable | undefined {
  const header = headerOf(text);
  if (header && header.fields.length > MAX_COLUMNS) return undefined;
  return header && { header: header.fields, records: recordsFrom(text, header.next, header.fields.length) };
}
