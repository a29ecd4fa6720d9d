import { createHash } from "node:crypto";
import { decompressReport } from "./decompress-report.ts";
import { IntakeError } from "./intake-error.ts";
import type { Refusal } from "./observation.ts";
import type { PostedReport, ReadingRules } from "./posted-report.ts";
import { openJsonReport } from "./read-json-report.ts";
import { type OpenReport, type RowBatch, rowBatches } from "./read-rows.ts";
import { openShadowserver } from "./read-shadowserver.ts";
import { openSuricata } from "./read-suricata.ts";
import { createXarfReader, type ReadXarf } from "./read-xarf-v4.ts";

/** A report all of whose rows were taken. */
export interface WholeReport {
  readonly ok: true;
  readonly format: string;
  readonly sha256: string;
  readonly byteCount: number;
}

/** Hands over the rows of a report, a batch at a time, and goes on when a batch was taken. Refused: none of them counts. */
export type ReadInBatches = (
  posted: PostedReport,
  rules: ReadingRules,
  take: (batch: RowBatch) => Promise<void>,
) => Promise<WholeReport | Refusal>;

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
  // Only a CSV has its report type told beside it.
  return endings[ending ?? ""] ?? (posted.reportType ? "csv" : undefined);
}

const unsupported = (contentType: string): Refusal => ({
  ok: false,
  code: "unsupported-content-type",
  detail: `${contentType.slice(0, 80) || "a body without Content-Type"} is not taken: application/json, text/csv or application/x-ndjson`,
});

interface Openable {
  readonly format: Format;
  readonly text: string;
  readonly posted: PostedReport;
  readonly rules: ReadingRules;
}

function open({ format, text, posted, rules }: Openable, readXarf: ReadXarf): OpenReport | Refusal {
  if (format === "ndjson") return openSuricata(text, rules);
  if (format === "json") return openJsonReport(text, rules, readXarf);
  return openShadowserver({ text, reportType: posted.reportType, fileName: posted.fileName, now: rules.now });
}

/**
 * The one way in: finds the format, decompresses, reads. The readers behind it are pure functions of text and time.
 * `limit`: of the unpacked body, in bytes.
 */
export function createBatchReader(limit: number): ReadInBatches {
  const readXarf = createXarfReader();
  const read: ReadInBatches = async (posted, rules, take) => {
    const format = formatOf(posted);
    if (!format) return unsupported(posted.contentType);
    if (format === "ndjson" && rules.sourceKind !== "monitoring")
      return { ok: false, code: "wrong-source-kind", detail: "Suricata EVE is taken from sources of kind monitoring" };
    const content = await decompressReport(posted.body, posted.contentEncoding, limit);
    if (!content.ok) return content;
    const text = new TextDecoder().decode(content.body);
    if (text.trim() === "") return { ok: false, code: "empty-report", detail: "there is nothing in the body" };
    const report = open({ format, text, posted, rules }, readXarf);
    if (!report.ok) return report;
    for (const batch of rowBatches(report.rows)) await take(batch);
    const sha256 = createHash("sha256").update(posted.body).digest("hex");
    return { ok: true, format: report.format(), sha256, byteCount: posted.body.length };
  };
  return async (...given) => {
    try {
      return await read(...given);
    } catch (error) {
      if (error instanceof IntakeError) return { ok: false, code: error.code, detail: error.message };
      throw error;
    }
  };
}
