import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "../errors.ts";
import { arriving, type BodyPace, bodyTooLarge } from "./arriving.ts";
import { type BodyPlace, type BudgetLimits, createBodyBudget } from "./body-budget.ts";
import { gatheredOctets } from "./gathered-octets.ts";
import { type StreamedBody, type StreamLimits, streamedBody } from "./streamed-body.ts";

export interface BodyRules {
  readonly budget: BudgetLimits;
  readonly pace: BodyPace;
}

export interface WholeLimits {
  readonly limit: number;
  /** What is said where there is no room. */
  readonly refusal: "too-many-reports" | "too-many-bodies";
}

/** The one way in which bodies are read: within a budget of memory for all of them, and at a pace. */
export interface BodyReceiver {
  /** A body that is kept in memory; its room is given back when its request was answered. */
  whole(request: FastifyRequest, raw: Readable, limits: WholeLimits): Promise<Buffer>;
  /** A body that is used while it comes. */
  streamed(request: FastifyRequest, limits: Omit<StreamLimits, "pace" | "contentEncoding">): Promise<StreamedBody>;
}

const KIB = 1024;
const MIB = 1024 * KIB;
/** Of a body that is refused, so much is still read: its sender hears why rather than a closed connection. */
const MOST_FORGOTTEN_OCTETS = 128 * MIB;

/**
 * Four of the largest reports at a time, two of them one key's. A small body's room is taken only while it comes, so its
 * pool is large enough for hundreds of slow senders.
 */
export const usualBodyRules: BodyRules = {
  budget: {
    smallOctets: MIB,
    small: { octets: 64 * MIB, octetsPerKey: 16 * MIB, bodiesPerKey: 10_000 },
    large: { octets: 256 * MIB, octetsPerKey: 128 * MIB, bodiesPerKey: 8 },
  },
  pace: { octets: 64 * KIB, withinMs: 30_000 },
};

/** How much memory a body takes that is used while it comes: the rows of it that are under way. */
const STREAM_OCTETS = 4 * MIB;

function announcedBy({ headers }: FastifyRequest): number | undefined {
  const length = Number(headers["content-length"]);
  return Number.isSafeInteger(length) ? length : undefined;
}

async function drain(pieces: AsyncIterable<Buffer>): Promise<void> {
  for await (const _piece of pieces);
}

interface Gathering {
  readonly place: BodyPlace;
  readonly announced: number | undefined;
  /** The room for it is reserved. */
  readonly isReserved: boolean;
}

/** Undefined: there is no room for all of it. */
async function gather(pieces: AsyncIterable<Buffer>, { place, announced, isReserved }: Gathering) {
  const octets = gatheredOctets(isReserved ? announced : undefined);
  for await (const piece of pieces) {
    if (!place.grow(piece.length)) return undefined;
    octets.add(piece);
  }
  const whole = octets.whole();
  if (announced !== undefined && announced !== whole.length)
    throw new ApiError("invalid-request", "the body is not as long as Content-Length says");
  place.arrived();
  return whole;
}

export function createBodyReceiver(app: FastifyInstance, { budget: limits, pace }: BodyRules): BodyReceiver {
  const budget = createBodyBudget(limits);
  const places = new WeakMap<FastifyRequest, BodyPlace>();
  const end = (request: FastifyRequest) => places.get(request)?.end();
  app.addHook("onRequest", async (request, reply) => {
    // Also where nobody waits for the answer any more.
    if (request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined)
      reply.raw.once("close", () => end(request));
  });
  app.addHook("onResponse", async (request) => end(request));

  const enter = (request: FastifyRequest, announced: number | undefined): BodyPlace | undefined => {
    const place = budget.enter(request.caller?.keyId ?? "", announced);
    if (place) places.set(request, place);
    return place;
  };
  const refuse = async (raw: Readable, refusal: WholeLimits["refusal"]): Promise<never> => {
    await drain(arriving(raw, { limit: MOST_FORGOTTEN_OCTETS, pace })).catch(() => undefined);
    throw new ApiError(
      refusal,
      "too many large bodies are under way, or too many of this key: send it again in a moment",
    );
  };

  return {
    whole: async (request, raw, { limit, refusal }) => {
      const announced = announcedBy(request);
      if (announced !== undefined && announced > limit) throw bodyTooLarge(limit);
      const place = enter(request, announced);
      if (!place) return await refuse(raw, refusal);
      const isReserved = announced !== undefined && announced > limits.smallOctets;
      try {
        const body = await gather(arriving(raw, { limit, pace }), { place, announced, isReserved });
        if (body) return body;
      } catch (error) {
        place.end();
        throw error;
      }
      place.end();
      return await refuse(raw, refusal);
    },
    streamed: async (request, streamLimits) => {
      const isLarge = (announcedBy(request) ?? STREAM_OCTETS) >= STREAM_OCTETS;
      const { raw } = request;
      if (isLarge && !enter(request, STREAM_OCTETS)) return await refuse(raw, "too-many-bodies");
      return streamedBody(raw, { ...streamLimits, pace, contentEncoding: request.headers["content-encoding"] });
    },
  };
}
