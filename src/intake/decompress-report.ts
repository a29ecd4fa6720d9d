import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { IntakeErrorCode } from "./intake-error.ts";
import { MAX_REPORT_BYTES } from "./report-limits.ts";

type Decompressed =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly code: IntakeErrorCode; readonly detail: string };

const unzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
const tooLarge = { ok: false, code: "body-too-large", detail: `a report may be ${MAX_REPORT_BYTES} bytes` } as const;

const isGzip = (body: Buffer): boolean => body[0] === 0x1f && body[1] === 0x8b;

/**
 * The report's own bytes. Whether they are gzipped is seen from their first two, which no text format begins with: so
 * a `.csv.gz` is taken whichever header its sender set. Decompression stops at the limit.
 */
export async function decompressReport(body: Buffer, contentEncoding: string | undefined): Promise<Decompressed> {
  const encoding = (contentEncoding ?? "identity").trim().toLowerCase();
  if (!["identity", "gzip", "x-gzip", ""].includes(encoding))
    return { ok: false, code: "invalid-compression", detail: `Content-Encoding ${encoding.slice(0, 40)} is not taken` };
  if (body.length > MAX_REPORT_BYTES) return tooLarge;
  if (!isGzip(body)) return { ok: true, body };
  try {
    return { ok: true, body: await unzip(body, { maxOutputLength: MAX_REPORT_BYTES }) };
  } catch (error) {
    if (error instanceof RangeError) return tooLarge;
    return { ok: false, code: "invalid-compression", detail: "the gzip data is broken" };
  }
}
