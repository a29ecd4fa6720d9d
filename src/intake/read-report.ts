import { decompressReport } from "./decompress-report.ts";
import type { ReportReading } from "./observation.ts";
import { readJsonReport } from "./read-json-report.ts";
import { readShadowserver } from "./read-shadowserver.ts";
import { readSuricata } from "./read-suricata.ts";
import { createXarfReader } from "./read-xarf-v4.ts";
import type { SourceKind } from "./source.ts";

/** What was posted, as the edge has it. */
export interface PostedReport {
  /** The header, parameters and all. */
  readonly contentType: string;
  readonly contentEncoding?: string | undefined;
  /** From Content-Disposition. */
  readonly fileName?: string | undefined;
  /** `?type=`. */
  readonly reportType?: string | undefined;
  readonly body: Buffer;
}

export interface ReadingRules {
  readonly now: Date;
  readonly sourceKind: SourceKind;
}

export type ReadReport = (posted: PostedReport, rules: ReadingRules) => Promise<ReportReading>;

type Format = "json" | "csv" | "ndjson";

const formats: Readonly<Record<string, Format>> = {
  "application/json": "json",
  "text/json": "json",
  "text/csv": "csv",
  "application/csv": "csv",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
};

/** Content types that say nothing of what is inside: the file name may. */
const wrappings = new Set(["application/gzip", "application/x-gzip", "application/octet-stream", ""]);
const endings: Readonly<Record<string, Format>> = { json: "json", csv: "csv", ndjson: "ndjson", jsonl: "ndjson" };

function formatOf(posted: PostedReport): Format | undefined {
  const type = (posted.contentType.split(";")[0] ?? "").trim().toLowerCase();
  if (type.endsWith("+json")) return "json";
  if (!wrappings.has(type)) return formats[type];
  const ending = /\.(\w+)(?:\.gz)?$/.exec((posted.fileName ?? "").toLowerCase())?.[1];
  return endings[ending ?? ""];
}

const unsupported = (contentType: string): ReportReading => ({
  ok: false,
  code: "unsupported-content-type",
  detail: `${contentType.slice(0, 80) || "a body without Content-Type"} is not taken: application/json, text/csv or application/x-ndjson`,
});

/** The one way in: finds the format, decompresses, reads. The readers behind it are pure functions of text and time. */
export function createReportReader(): ReadReport {
  const readXarf = createXarfReader();
  return async (posted, rules) => {
    const format = formatOf(posted);
    if (!format) return unsupported(posted.contentType);
    if (format === "ndjson" && rules.sourceKind !== "monitoring")
      return { ok: false, code: "wrong-source-kind", detail: "Suricata EVE is taken from sources of kind monitoring" };
    const content = await decompressReport(posted.body, posted.contentEncoding);
    if (!content.ok) return content;
    const text = new TextDecoder().decode(content.body);
    if (text.trim() === "") return { ok: false, code: "empty-report", detail: "there is nothing in the body" };
    if (format === "ndjson") return await readSuricata(text, rules);
    if (format === "json") return await readJsonReport(text, rules, readXarf);
    return await readShadowserver({ text, reportType: posted.reportType, fileName: posted.fileName, now: rules.now });
  };
}
