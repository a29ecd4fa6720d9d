import type { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse/sync";
import { ImportError, type ImportRow } from "./import-row.ts";
import { type FileLine, readLines } from "./read-lines.ts";

/** What a cell becomes in the record. An empty cell is a field that is not there. */
type Place = (record: Record<string, unknown>, cell: string) => void;

const text =
  (field: string): Place =>
  (record, cell) => {
    record[field] = cell;
  };

const list =
  (field: string): Place =>
  (record, cell) => {
    record[field] = cell.startsWith("[")
      ? parsed(cell)
      : cell
          .split(/[;|]/)
          .map((part) => part.trim())
          .filter((part) => part !== "");
  };

const rate =
  (field: string): Place =>
  (record, cell) => {
    const plan = (record["plan"] ?? {}) as Record<string, unknown>;
    record["plan"] = { ...plan, [field]: /^\d+$/.test(cell) ? Number(cell) : cell };
  };

const password: Place = (record, cell) => {
  record["credential"] = { password: cell };
};

const credential: Place = (record, cell) => {
  const json = cell.startsWith("{") ? parsed(cell) : cell;
  record["credential"] = typeof json === "object" ? json : { password: cell };
};

const plan: Place = (record, cell) => {
  record["plan"] = parsed(cell);
};

/** JSON where it is JSON; else the text itself, which the schema then refuses. */
function parsed(cell: string): unknown {
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
}

/** The columns, by their names in lower case. Lists are parted by ";" or "|", or are JSON. */
const columns: Readonly<Record<string, Place>> = {
  id: text("id"),
  usernames: list("usernames"),
  username: list("usernames"),
  name: text("name"),
  email: text("email"),
  phone: text("phone"),
  locale: text("locale"),
  class: text("class"),
  plan,
  "plan.downkbps": rate("downKbps"),
  "plan.upkbps": rate("upKbps"),
  downkbps: rate("downKbps"),
  upkbps: rate("upKbps"),
  protections: list("protections"),
  credential,
  "credential.password": password,
  password,
};

function placesOf(header: readonly string[]): Place[] {
  const names = header.map((name) => name.trim().toLowerCase());
  const unknown = names.filter((name) => !Object.hasOwn(columns, name));
  if (unknown.length > 0)
    throw new ImportError(
      "unknown-column",
      `unknown columns: ${unknown.join(", ").slice(0, 300)}; known: ${Object.keys(columns).join(", ")}`,
    );
  const doubled = names.find((name, index) => names.indexOf(name) < index);
  if (doubled !== undefined) throw new ImportError("doubled-column", `the first line names ${doubled} twice`);
  if (!names.includes("id")) throw new ImportError("missing-column", "there is no column id");
  if (!names.includes("usernames") && !names.includes("username"))
    throw new ImportError("missing-column", "there is no column usernames");
  return names.map((name) => columns[name] as Place);
}

function recordOf(places: readonly Place[], cells: readonly string[]): Record<string, unknown> {
  // Without any username the list is empty, not missing: the column is there.
  const record: Record<string, unknown> = { usernames: [] };
  places.forEach((place, index) => {
    const cell = cells[index] ?? "";
    if (cell !== "") place(record, cell);
  });
  return record;
}

/** The cells of one line (RFC 4180), or what is wrong with it. Most lines have no quotes and need no parser. */
function cellsOf(line: string): string[] | string {
  if (!line.includes('"')) return line.split(",");
  try {
    return (parse(line) as string[][])[0] ?? [];
  } catch (error) {
    // Not the parser's own words: they count from this line, and quote it, which may hold a password.
    const code = error instanceof CsvError ? error.code : "";
    return code === "CSV_QUOTE_NOT_CLOSED" ? "has a quote that is not closed" : "has a quote in a wrong place";
  }
}

function rowOf(row: number, places: readonly Place[], line: FileLine): ImportRow {
  const reject = (detail: string): ImportRow => ({
    row,
    code: "malformed-row",
    detail: `line ${line.number} ${detail}`,
  });
  if ("fault" in line) return reject(line.fault);
  const cells = cellsOf(line.text);
  if (typeof cells === "string") return reject(cells);
  if (cells.length !== places.length) return reject(`has ${cells.length} cells, the header ${places.length}`);
  return { row, record: recordOf(places, cells) };
}

function placesIn(line: FileLine): Place[] {
  if ("text" in line && /^[^,]*[;\t][^,]*$/.test(line.text))
    throw new ImportError("unknown-column", "the first line has no commas: they must part the columns, nothing else");
  const cells = "fault" in line ? line.fault : cellsOf(line.text);
  if (typeof cells === "string")
    throw new ImportError("no-header", `the first line must name the columns, and ${cells}`);
  return placesOf(cells);
}

/**
 * Reads CSV with a header, one record a line: no field of a subscriber holds a line break, so a quote that is never
 * closed spoils its own line and no other. Throws ImportError when the header is not one for subscribers.
 */
export async function* readCsvRows(file: Readable): AsyncGenerator<ImportRow> {
  let places: Place[] | undefined;
  let row = 0;
  for await (const line of readLines(file)) {
    if (places) {
      row += 1;
      yield rowOf(row, places, line);
      continue;
    }
    places = placesIn(line);
  }
  if (!places) throw new ImportError("no-header", "the file is empty: the first line must name the columns");
}
