import { CsvError, parse } from "csv-parse/sync";
import { MAX_LINE_CHARACTERS } from "./report-limits.ts";

/** One record after the header: its fields, or what is wrong with it. */
export type CsvRecord =
  | { readonly ok: true; readonly fields: readonly string[] }
  | { readonly ok: false; readonly detail: string };

export interface CsvTable {
  readonly header: readonly string[];
  readonly records: readonly CsvRecord[];
}

/** A field with line breaks goes over a few lines, not over a file. */
const MAX_LINES_OF_RECORD = 50;

const parseAll = (text: string): string[][] =>
  parse(text, { relaxColumnCount: true, skipEmptyLines: true, maxRecordSize: MAX_LINE_CHARACTERS });

/** What csv-parse makes of a piece of text, without its exceptions. */
function tryParse(text: string): { readonly rows: readonly string[][] } | { readonly detail: string } {
  try {
    return { rows: parseAll(text) };
  } catch (error) {
    if (error instanceof CsvError) return { detail: error.message.slice(0, 200) };
    throw error;
  }
}

function record(fields: readonly string[], columns: number): CsvRecord {
  if (fields.length === columns) return { ok: true, fields };
  return { ok: false, detail: `${fields.length} fields where the header names ${columns}` };
}

function oneRecord(text: string, columns: number): CsvRecord {
  const parsed = tryParse(text);
  if (!("rows" in parsed)) return { ok: false, detail: parsed.detail };
  return record(parsed.rows[0] ?? [], columns);
}

const quotesIn = (line: string): number => line.split('"').length - 1;

/**
 * One record at a time, for a file in which something is broken: a quote that is never closed would otherwise swallow
 * the rows after it. Lines are joined while a quote is open, but not with a line that is whole by itself.
 */
function carefully(lines: readonly string[], columns: number): CsvRecord[] {
  const records: CsvRecord[] = [];
  for (let first = 0; first < lines.length; ) {
    let text = lines[first] ?? "";
    let next = first + 1;
    const whole = () => quotesIn(text) % 2 === 0;
    const mayJoin = () => next < lines.length && next - first < MAX_LINES_OF_RECORD;
    while (!whole() && mayJoin() && !oneRecord(lines[next] ?? "", columns).ok) text += `\n${lines[next++]}`;
    if (!whole()) {
      records.push({ ok: false, detail: "a quote is not closed" });
      next = first + 1;
    } else if (text.trim() !== "") records.push(oneRecord(text, columns));
    first = next;
  }
  return records;
}

/** Splits CSV (RFC 4180, any line ending) into header and records. Undefined: there is no header that can be read. */
export function readCsv(text: string): CsvTable | undefined {
  const all = tryParse(text);
  if ("rows" in all) {
    const [header, ...rows] = all.rows;
    if (header && rows.every((row) => row.length === header.length))
      return { header, records: rows.map((fields) => ({ ok: true, fields })) };
  }
  const lines = text.split(/\r\n|\n|\r/);
  const start = lines.findIndex((line) => line.trim() !== "");
  const head = tryParse(lines[start] ?? "");
  const header = "rows" in head ? head.rows[0] : undefined;
  return header && { header, records: carefully(lines.slice(start + 1), header.length) };
}
