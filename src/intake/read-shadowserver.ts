import { buildObservation } from "./build-observation.ts";
import { type Category, severityOf } from "./category.ts";
import type { CsvRecord } from "./csv-records.ts";
import { fault, type Observation, type Reading, type Refusal } from "./observation.ts";
import { type OpenReport, readRows } from "./read-rows.ts";
import { readTime, type TimeRules } from "./read-time.ts";
import { openShadowserverTable } from "./shadowserver-header.ts";
import { shadowserverNameIn, shadowserverReport } from "./shadowserver-report.ts";

/**
 * Not kept as evidence: what the observation carries already; what a honeypot was given to log in with (it may be
 * somebody's real password); and what the reporter looked up about the ISP's own customer.
 */
const notEvidence =
  /^(?:timestamp|protocol|src_ip|src_port|dst_ip|dst_port|username|password|severity|(?:src|dst)_(?:asn|geo|region|city|naics|sector))$/;

interface Shape {
  readonly name: string;
  readonly category: Category;
  readonly columns: readonly string[];
  readonly now: Date;
}

type Row = Readonly<Record<string, string>>;

const HOUR_MS = 60 * 60_000;

/** The end of a span is a refinement: where it makes no sense beside the timestamp, it is left out. */
function endOf(row: Row, rules: TimeRules): string | undefined {
  const [start, end] = [readTime(row["timestamp"], rules), readTime(row["end_time"], rules)];
  if (!start.ok || !end.ok || end.value > rules.now) return undefined;
  const lastedMs = end.value.getTime() - start.value.getTime();
  return lastedMs >= 0 && lastedMs < HOUR_MS ? row["end_time"] : undefined;
}

function readRecord(record: CsvRecord, number: number, shape: Shape): Reading<Observation> {
  if (!record.ok) return fault("malformed-row", record.detail);
  const entries = shape.columns.map((column, index) => [column, record.fields[index] ?? ""] as const);
  const filled = entries.filter(([, value]) => value !== "");
  const row: Row = Object.fromEntries(filled);
  // Shadowserver's times are UTC and do not say so.
  const rules: TimeRules = { now: shape.now, zone: "Z" };
  const kept = filled.filter(([column]) => !notEvidence.test(column));
  return buildObservation(
    {
      row: number,
      ip: row["src_ip"],
      port: row["src_port"],
      protocol: row["protocol"],
      at: row["timestamp"],
      until: endOf(row, rules),
      category: shape.category,
      severity: severityOf(row["severity"] ?? ""),
      name: row["family"] || row["infection"] || row["application"] || row["service"] || shape.name,
      destination: { ip: row["dst_ip"], port: row["dst_port"] },
      evidence: { ...Object.fromEntries(kept), report_type: shape.name },
    },
    rules,
  );
}

export interface ShadowserverFile {
  readonly text: string;
  /** What `?type=` says; else the file name decides. */
  readonly reportType?: string | undefined;
  readonly fileName?: string | undefined;
  readonly now: Date;
}

function readable(file: ShadowserverFile): { ok: true; name: string; category: Category } | Refusal {
  const name = file.reportType ?? shadowserverNameIn(file.fileName ?? "");
  if (name === undefined || name === "")
    return {
      ok: false,
      code: "report-type-missing",
      detail: "say which report it is: ?type=event4_sinkhole, or a file name in Content-Disposition",
    };
  const shown = JSON.stringify(name.slice(0, 80));
  const report = shadowserverReport(name);
  if (!report)
    return { ok: false, code: "unknown-report-type", detail: `no Shadowserver report that we know is called ${shown}` };
  if (report.kind === "refused")
    return { ok: false, code: "report-type-not-supported", detail: `${shown} is not taken: ${report.why}` };
  return { ok: true, name: name.toLowerCase(), category: report.category };
}

/** A Shadowserver report in which `src_ip` and `src_port` are the offender's. */
export function openShadowserver(file: ShadowserverFile): OpenReport | Refusal {
  const report = readable(file);
  if (!report.ok) return report;
  const table = openShadowserverTable(file.text);
  if (!table.ok) return table;
  const shape = { name: report.name, category: report.category, columns: table.columns, now: file.now };
  const rows = readRows(table.records, (record, number) => readRecord(record, number, shape));
  return { ok: true, format: () => `shadowserver:${report.name}`, rows };
}
