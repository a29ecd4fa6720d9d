import { type JsonExtent, jsonExtent, parseJson } from "./json-text.ts";
import { fault, type Reading } from "./observation.ts";
import { MAX_RECORD_DEPTH, MAX_RECORD_VALUES } from "./report-limits.ts";

/** Why a record is not even parsed: it would cost more than any report is worth. */
function excess({ depth, values }: JsonExtent): Reading<never> | undefined {
  if (depth > MAX_RECORD_DEPTH) return fault("evidence-too-deep", `a record may be nested ${MAX_RECORD_DEPTH} levels`);
  if (values > MAX_RECORD_VALUES) return fault("evidence-too-large", `a record may hold ${MAX_RECORD_VALUES} values`);
  return undefined;
}

/** One record of a JSON text. Throws malformed-json. */
export function jsonRecord(text: string, extent: JsonExtent): Reading<unknown> {
  return excess(extent) ?? { ok: true, value: parseJson(text.slice(extent.from, extent.end)) };
}

/** The one record that a line holds. */
export function jsonLine(line: string): Reading<unknown> {
  try {
    const from = line.search(/\S/);
    return excess(jsonExtent(line, from)) ?? { ok: true, value: parseJson(line) };
  } catch {
    return fault("malformed-row", "the line cannot be read as JSON");
  }
}
