import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Refusal } from "./observation.ts";
import { MAX_REPORT_BYTES } from "./report-limits.ts";

type Decompressed = { readonly ok: true; readonly body: Buffer } | Refusal;

const unzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
const tooLarge = (limit: number): Refusal => ({
  ok: false,
  code: "body-too-large",
  detail: `a report may be ${limit} bytes`,
});

const isGzip = (body: Buffer): boolean => body[0] === 0x1f && body[1] === 0x8b;

/**
 * The report's own bytes. Whether they are gzipped is seen from their first two, which no text format begins with: so
 * a `.csv.gz` is taken whichever header its sender set. Decompression stops at the limit.
 */
export async function decompressReport(
  body: Buffer,
  contentEncoding: string | undefined,
  limit: number = MAX_REPORT_BYTES,
): Promise<Decompressed> {
  const encoding = (contentEncoding ?? "identity").trim().toLowerCase();
  if (!["identity", "gzip", "x-gzip", ""].includes(encoding))
    return { ok: false, code: "invalid-compression", detail: `Content-Encoding ${encoding.slice(0, 40)} is not taken` };
  if (body.length > limit) return tooLarge(limit);
  if (!isGzip(body)) return { ok: true, body };
  try {
    return { ok: true, body: await unzip(body, { maxOutputLength: limit }) };
  } catch (error) {
    if (error instanceof RangeError) return tooLarge(limit);
    return { ok: false, code: "invalid-compression", detail: "the gzip data is broken" };
  }
}
