import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ApiError } from "./errors.ts";

export interface ReceivedBody {
  /** Its content, decompressed, as it arrives and no faster than it is taken. What ends it early is an ApiError. */
  readonly content: Readable;
  /** Reads and forgets what is left, so that the sender hears the answer rather than a closed connection. */
  drain(): Promise<void>;
  /** SHA-256 of the octets as they came; right once everything was read or drained. */
  digest(): Buffer;
}

export interface BodyLimits {
  readonly contentEncoding: string | undefined;
  /** Octets as they come. */
  readonly limit: number;
  /** Octets when decompressed. */
  readonly contentLimit: number;
}

const tooLarge = (limit: number) => new ApiError("body-too-large", `at most ${limit} octets are taken`);

async function* arriving(raw: Readable, hash: Hash, limit: number): AsyncGenerator<Buffer> {
  let arrived = 0;
  try {
    // The connection must outlive a reader that stops early: the answer is still to be sent over it.
    for await (const chunk of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      arrived += chunk.length;
      if (arrived > limit) throw tooLarge(limit);
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError("invalid-request", "the body broke off", { cause: error });
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
      if (unpacked > limit) throw tooLarge(limit);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError("invalid-compression", "the gzip data is broken", { cause: error });
  }
}

/** Takes a body that may be larger than memory. Throws ApiError invalid-compression for an encoding other than gzip. */
export function receiveBody(raw: Readable, { contentEncoding, limit, contentLimit }: BodyLimits): ReceivedBody {
  const encoding = (contentEncoding ?? "identity").trim().toLowerCase();
  if (!["identity", "", "gzip", "x-gzip"].includes(encoding))
    throw new ApiError("invalid-compression", `Content-Encoding ${encoding.slice(0, 40)} is not taken`);
  const hash = createHash("sha256");
  const octets = arriving(raw, hash, limit);
  const isPacked = encoding.endsWith("gzip");
  let digest: Buffer | undefined;
  return {
    content: Readable.from(isPacked ? gunzipped(octets, contentLimit) : octets),
    drain: async () => {
      for await (const _chunk of arriving(raw, hash, limit));
    },
    digest: () => {
      digest ??= hash.digest();
      return digest;
    },
  };
}
