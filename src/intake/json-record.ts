import { hasDoubleNames } from "../json/has-double-names.ts";
import { type JsonExtent, jsonExtent, parseJson } from "./json-text.ts";
import { fault, type Reading } from "./observation.ts";
import { MAX_RECORD_DEPTH, MAX_RECORD_VALUES } from "./report-limits.ts";

/** Why a record is not even parsed: it would cost more than any report is worth. */
function excess({ depth, values }: JsonExtent): Reading<never> | undefined {
  if (depth > MAX_RECORD_DEPTH) return fault("evidence-too-deep", `a record may be nested ${MAX_RECORD_DEPTH} levels`);
  if (values > MAX_RECORD_VALUES) return fault("evidence-too-large", `a record may hold ${MAX_RECORD_VALUES} values`);
  return undefined;
}

/** A record and what was read from it: with a field named twice it may say one thing to us and another to its sender. */
export const unambiguous = (text: string, value: unknown): Reading<unknown> =>
  hasDoubleNames(text, value)
    ? fault("malformed-row", "a field is there twice in one object of the record")
    : { ok: true, value };

/** One record of a JSON text. Throws malformed-json. */
export function jsonRecord(text: string, extent: JsonExtent): Reading<unknown> {
  const tooMuch = excess(extent);
  if (tooMuch) return tooMuch;
  const record = text.slice(extent.from, extent.end);
  return unambiguous(record, parseJson(record));
}

/** The one record that a line holds. */
export function jsonLine(line: string): Reading<unknown> {
  try {
    const from = line.search(/\S/);
    return excess(jsonExtent(line, from)) ?? unambiguous(line, parseJson(line));
  } catch {
    return fault("malformed-row", "the line cannot be read as JSON");
  }
}
