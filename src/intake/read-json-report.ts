import { type JsonDocument, jsonDocument } from "./json-document.ts";
import { unambiguous } from "./json-record.ts";
import { fault, type Observation, type Reading, type Refusal } from "./observation.ts";
import { isNative, type JsonObject, readNative } from "./read-native.ts";
import { type OpenReport, readRows } from "./read-rows.ts";
import type { TimeRules } from "./read-time.ts";
import type { ReadXarf } from "./read-xarf-v4.ts";

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isXarf4 = (value: unknown): boolean => isObject(value) && value["xarf_version"] !== undefined;
const isXarf3 = (value: unknown): boolean => isObject(value) && isObject(value["ReporterInfo"]);

const listNames = new Set(["observations", "reports"]);

/** The records of a document: a list, an object that holds one, or one record by itself. */
function recordsOf(document: JsonDocument, text: string): Iterable<Reading<unknown>> | undefined {
  if (document.kind === "list") return document.records;
  const { value, lists } = document;
  if (!isObject(value)) return undefined;
  const alone = () => [unambiguous(text, lists.size === 0 ? value : document.whole())];
  if (isXarf4(value)) return alone();
  const name = value["observations"] !== undefined && value["observations"] !== null ? "observations" : "reports";
  return lists.get(name) ?? (isNative(value) ? alone() : undefined);
}

const unknownShape: Refusal = {
  ok: false,
  code: "unknown-shape",
  detail: "neither XARF nor an observation list: send [{ip, at, category, …}] or {observations: [ … ]}",
};

/** A native observation list, or XARF v4 reports, alone or in a list; each record says itself which it is. */
export function openJsonReport(text: string, rules: TimeRules, readXarf: ReadXarf): OpenReport | Refusal {
  const document = jsonDocument(text, listNames);
  if (document.kind === "value" && isXarf3(document.value))
    return { ok: false, code: "format-not-supported", detail: "XARF v3 is not read by this version; v4 is" };
  const records = recordsOf(document, text);
  if (!records) return unknownShape;
  let hasXarf = false;
  const readRecord = (record: Reading<unknown>, row: number): Reading<Observation> => {
    if (!record.ok) return record;
    const { value } = record;
    if (!isObject(value)) return fault("malformed-row", "the record is not an object");
    if (isXarf3(value)) return fault("format-not-supported", "XARF v3 is not read by this version; v4 is");
    if (!isXarf4(value)) return readNative(value, row, rules);
    hasXarf = true;
    return readXarf(value, row, rules);
  };
  return { ok: true, format: () => (hasXarf ? "xarf-v4" : "native"), rows: readRows(records, readRecord) };
}
