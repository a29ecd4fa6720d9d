import type { Readable } from "node:stream";
import { hasDoubleNames } from "../json/has-double-names.ts";
import type { ImportRow } from "./import-row.ts";
import { readLines } from "./read-lines.ts";

function recordOf(line: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not a JSON object";
    return hasDoubleNames(line, value) ? "names a field twice" : { ...value };
  } catch {
    // Not the parser's own words: they quote the line, which may hold a password.
    return "is not JSON";
  }
}

/** Reads one JSON object a line; blank lines are not counted. */
export async function* readNdjsonRows(file: Readable): AsyncGenerator<ImportRow> {
  let row = 0;
  for await (const line of readLines(file)) {
    row += 1;
    const record = "fault" in line ? line.fault : recordOf(line.text);
    yield typeof record === "string"
      ? { row, code: "malformed-row", detail: `line ${line.number} ${record}` }
      : { row, record };
  }
}
