import { fault, type Observation, type Reading, type ReportReading } from "./observation.ts";
import { isNative, type JsonObject, readNative } from "./read-native.ts";
import { readRows } from "./read-rows.ts";
import type { TimeRules } from "./read-time.ts";
import type { ReadXarf } from "./read-xarf-v4.ts";

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isXarf4 = (value: unknown): boolean => isObject(value) && value["xarf_version"] !== undefined;
const isXarf3 = (value: unknown): boolean => isObject(value) && isObject(value["ReporterInfo"]);

/** The records of a document: a list, an object that holds one, or one record by itself. */
function recordsOf(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return document;
  if (!isObject(document)) return undefined;
  if (isXarf4(document) || isXarf3(document)) return [document];
  const list = document["observations"] ?? document["reports"];
  if (Array.isArray(list)) return list;
  return isNative(document) ? [document] : undefined;
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** A native observation list, or XARF v4 reports, alone or in a list; each record says itself which it is. */
export async function readJsonReport(text: string, rules: TimeRules, readXarf: ReadXarf): Promise<ReportReading> {
  const document = parsed(text);
  if (!document) return { ok: false, code: "malformed-json", detail: "the body cannot be read as JSON" };
  const records = recordsOf(document.value);
  if (!records)
    return {
      ok: false,
      code: "unknown-shape",
      detail: "neither XARF nor an observation list: send [{ip, at, category, …}] or {observations: [ … ]}",
    };
  if (isXarf3(document.value))
    return { ok: false, code: "format-not-supported", detail: "XARF v3 is not read by this version; v4 is" };
  const read = (record: unknown, row: number): Reading<Observation> => {
    if (!isObject(record)) return fault("malformed-row", "the record is not an object");
    if (isXarf3(record)) return fault("format-not-supported", "XARF v3 is not read by this version; v4 is");
    return isXarf4(record) ? readXarf(record, row, rules) : readNative(record, row, rules);
  };
  return await readRows(records.some(isXarf4) ? "xarf-v4" : "native", records, read);
}
