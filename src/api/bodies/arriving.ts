import type { Readable } from "node:stream";
import { ApiError } from "../errors.ts";

/** How slowly a body may come: so many octets, or its end, within so long a time of waiting for it. */
export interface BodyPace {
  readonly octets: number;
  readonly withinMs: number;
}

export interface ArrivalLimits {
  /** Octets as they come. */
  readonly limit: number;
  readonly pace: BodyPace;
}

export const bodyTooLarge = (limit: number) => new ApiError("body-too-large", `at most ${limit} octets are taken`);

async function inTime<Value>(work: Promise<Value>, leftMs: number, { octets, withinMs }: BodyPace): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const detail = `${octets} octets or the body's end have to come within ${withinMs / 1000} s`;
    timer = setTimeout(() => reject(new ApiError("body-too-slow", detail)), leftMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A body as it comes, for as long as it comes at a pace and is not too long. Only the waiting for its sender counts, not
 * what its reader takes. Whatever ends it early is an ApiError; the connection outlives that, as an answer is still to be sent.
 */
export async function* arriving(raw: Readable, { limit, pace }: ArrivalLimits): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = raw.iterator({ destroyOnReturn: false });
  let arrived = 0;
  let sinceLast = 0;
  let leftMs = pace.withinMs;
  let isWaiting = false;
  try {
    for (;;) {
      const from = performance.now();
      isWaiting = true;
      const piece = await inTime(pieces.next(), leftMs, pace);
      isWaiting = false;
      if (piece.done) return;
      arrived += piece.value.length;
      if (arrived > limit) throw bodyTooLarge(limit);
      leftMs -= performance.now() - from;
      sinceLast += piece.value.length;
      if (sinceLast >= pace.octets) {
        sinceLast = 0;
        leftMs = pace.withinMs;
      }
      yield piece.value;
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError("invalid-request", "the body broke off", { cause: error });
  } finally {
    // While it waits for a piece, this would wait as long.
    if (!isWaiting) await pieces.return?.();
  }
}
