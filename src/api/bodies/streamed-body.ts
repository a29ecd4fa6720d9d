import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ApiError } from "../errors.ts";
import { type ArrivalLimits, arriving, bodyTooLarge } from "./arriving.ts";

export interface StreamedBody {
  /** Its content, decompressed, as it arrives and no faster than it is taken. What ends it early is an ApiError. */
  readonly content: Readable;
  /** Reads and forgets what is left, so that the sender hears the answer rather than a closed connection. */
  drain(): Promise<void>;
  /** SHA-256 of the octets as they came; right once everything was read or drained. */
  digest(): Buffer;
}

export interface StreamLimits extends ArrivalLimits {
  readonly contentEncoding: string | undefined;
  /** Octets when decompressed. */
  readonly contentLimit: number;
}

async function* hashed(octets: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const piece of octets) {
    hash.update(piece);
    yield piece;
  }
}

async function* gunzipped(packed: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  const feeding = pipeline(Readable.from(packed), gunzip);
  // Its failure is seen below, at the stream that it feeds.
  feeding.catch(() => undefined);
  let unpacked = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      if (unpacked > limit) throw bodyTooLarge(limit);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError("invalid-compression", "the gzip data is broken", { cause: error });
  }
}

/** Takes a body that may be larger than memory. Throws ApiError invalid-compression for an encoding other than gzip. */
export function streamedBody(raw: Readable, { contentEncoding, contentLimit, ...limits }: StreamLimits): StreamedBody {
  const encoding = (contentEncoding ?? "identity").trim().toLowerCase();
  if (!["identity", "", "gzip", "x-gzip"].includes(encoding))
    throw new ApiError("invalid-compression", `Content-Encoding ${encoding.slice(0, 40)} is not taken`);
  const hash = createHash("sha256");
  const octets = hashed(arriving(raw, limits), hash);
  const isPacked = encoding.endsWith("gzip");
  let digest: Buffer | undefined;
  return {
    content: Readable.from(isPacked ? gunzipped(octets, contentLimit) : octets),
    drain: async () => {
      for await (const _piece of hashed(arriving(raw, limits), hash));
    },
    digest: () => {
      digest ??= hash.digest();
      return digest;
    },
  };
}
