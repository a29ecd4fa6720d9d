import { type CsvRecord, readCsv } from "./csv-records.ts";
import type { Refusal } from "./observation.ts";

/** Without these a row means nothing; every other column may come and go. */
const required = ["timestamp", "src_ip"];

/** No value of a row looks like this throughout: each has an address and a time. */
const nameShape = /^(?:[a-z_][\w .-]*)?$/;

interface ShadowserverTable {
  readonly ok: true;
  /** In lower case, each of them once. */
  readonly columns: readonly string[];
  readonly records: Iterable<CsvRecord>;
}

/** What is wrong with the header as CSV; undefined: nothing. */
function faultOf(columns: readonly string[] | undefined): string | undefined {
  if (!columns) return "the header cannot be read as CSV";
  const stranger = columns.find((column) => !nameShape.test(column));
  if (stranger !== undefined) return `the header has ${JSON.stringify(stranger.slice(0, 60))}, which names no column`;
  const doubled = columns.find((column, index) => columns.indexOf(column) < index);
  return doubled === undefined ? undefined : `the header names ${JSON.stringify(doubled.slice(0, 60))} twice`;
}

/** curl's -d takes the line ends out of a file: what is left is a header in which the rows stand too. */
const hintFor = (text: string): string =>
  /[\r\n]/.test(text.trim()) ? "" : ": the whole body is one line; send the file as it is, with curl's --data-binary";

export function openShadowserverTable(text: string): ShadowserverTable | Refusal {
  const table = readCsv(text);
  const columns = table?.header.map((column) => column.trim().toLowerCase());
  const fault = faultOf(columns);
  if (!table || !columns || fault !== undefined)
    return { ok: false, code: "malformed-csv", detail: `${fault}${hintFor(text)}` };
  const missing = required.filter((column) => !columns.includes(column));
  if (missing.length > 0)
    return { ok: false, code: "missing-columns", detail: `the header lacks ${missing.join(" and ")}` };
  return { ok: true, columns, records: table.records };
}
