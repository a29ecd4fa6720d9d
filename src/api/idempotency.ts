import { createHmac, randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Queryable } from "../database/database.ts";
import type { KeyRing } from "../secrets/key-ring.ts";
import { bearerKey } from "./authenticate.ts";
import { callerOf } from "./caller.ts";
import { ApiError } from "./errors.ts";
import {
  type Claim,
  claimRequest,
  forgetOldRequests,
  releaseClaim,
  renewClaims,
  type StoredRequest,
  storeAnswer,
  storedRequest,
} from "./idempotency-store.ts";

export interface IdempotencyDependencies {
  readonly database: Queryable;
  readonly keyRing: KeyRing;
  /** Told when an answer could not be kept, or claims not be renewed: the call itself went well. */
  readonly onError: (error: unknown) => void;
}

const RENEW_EVERY_MS = 10_000;
const FORGET_EVERY_MS = 3_600_000;
const WAIT_STEP_MS = 50;
const WAIT_STEPS = 200;

const place = (claim: { readonly keyId: string; readonly idempotencyKey: string }) =>
  `idempotent_request:answer_sealed:${claim.keyId}:${claim.idempotencyKey}`;

/**
 * What tells two requests apart: method, address and body. Bodies hold passwords that can be guessed, so the digest is
 * keyed with the caller's own key: whoever reads the table cannot try them out.
 */
export function requestDigest(request: FastifyRequest, bodyDigest?: Buffer): Buffer {
  const { body, headers, method, url } = request;
  const content = bodyDigest ?? (Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body) ?? ""));
  const key = bearerKey(headers.authorization) ?? "";
  return createHmac("sha256", key).update(`${method} ${url}\n`).update(content).digest();
}

/** The Idempotency-Key of a request; undefined: it has none. */
function idempotencyKeyOf(request: FastifyRequest): string | undefined {
  const given = request.headers["idempotency-key"];
  if (given === undefined) return undefined;
  if (typeof given === "string" && /^[\x21-\x7e][\x20-\x7e]{0,254}$/.test(given)) return given;
  const detail = "must be 1 to 255 printable ASCII characters";
  throw new ApiError("invalid-header", `Idempotency-Key ${detail}`, {
    errors: [{ pointer: "/idempotency-key", detail }],
  });
}

/** Runs each request with an Idempotency-Key once; whoever sends it again gets the first one's answer. */
export interface Idempotency {
  /**
   * Call before doing what the request asks. "run": do it, the answer is kept by itself. Otherwise the kept answer was
   * sent. `digest`: null while the body is still to come; then give it to `learnBody` before answering.
   */
  begin(request: FastifyRequest, reply: FastifyReply, digest: Buffer | null): Promise<"run" | "answered">;
  learnBody(request: FastifyRequest, digest: Buffer): void;
  /** What was kept for this request's Idempotency-Key, if anything. */
  known(request: FastifyRequest): Promise<StoredRequest | undefined>;
}

interface Held {
  readonly claim: Claim;
  digest: Buffer | null;
}

/** Adds Idempotency-Key to every POST, PUT and DELETE of `app`. */
export function installIdempotency(app: FastifyInstance, dependencies: IdempotencyDependencies): Idempotency {
  const { database, keyRing } = dependencies;
  const held = new WeakMap<FastifyRequest, Held>();
  const underWay = new Set<string>();

  const replay = (reply: FastifyReply, claim: Claim, stored: StoredRequest): "answered" => {
    const text = stored.answerSealed ? keyRing.open(place(claim), stored.answerSealed) : "";
    reply
      .code(stored.status ?? 200)
      .header("idempotency-replayed", "true")
      .serializer((payload: unknown) => String(payload));
    if (text !== "") reply.header("content-type", stored.contentType ?? "application/json");
    reply.send(text === "" ? null : text);
    return "answered";
  };

  const begin: Idempotency["begin"] = async (request, reply, digest) => {
    const idempotencyKey = idempotencyKeyOf(request);
    if (idempotencyKey === undefined) return "run";
    const claim = { keyId: callerOf(request).keyId, idempotencyKey, claim: randomUUID() };
    for (let step = 0; step < WAIT_STEPS; step += 1) {
      if (await claimRequest(database, claim, digest)) {
        held.set(request, { claim, digest });
        underWay.add(claim.claim);
        return "run";
      }
      const stored = await storedRequest(database, claim);
      if (stored && digest && stored.requestSha256 && !stored.requestSha256.equals(digest))
        throw new ApiError("idempotency-key-reused", "this key was sent with another method, path or body");
      if (stored && stored.status !== null) return replay(reply, claim, stored);
      await pause(WAIT_STEP_MS);
    }
    throw new ApiError("request-under-way", "ask again in a moment", { retryAfterSeconds: 5 });
  };

  const settle = async (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> => {
    const mine = held.get(request);
    if (!mine) return;
    held.delete(request);
    underWay.delete(mine.claim.claim);
    const isText = typeof payload === "string" || payload === null || payload === undefined;
    if (reply.statusCode >= 500 || !mine.digest || !isText) return await releaseClaim(database, mine.claim);
    await storeAnswer(database, mine.claim, {
      status: reply.statusCode,
      contentType: String(reply.getHeader("content-type") ?? "application/json"),
      sealed: keyRing.seal(place(mine.claim), typeof payload === "string" ? payload : ""),
      requestSha256: mine.digest,
    });
  };

  app.addHook("preHandler", async (request, reply) => {
    if (request.is404 || (request.routeOptions.config.idempotency ?? "kept") !== "kept") return;
    if (!["POST", "PUT", "DELETE", "PATCH"].includes(request.method)) return;
    if ((await begin(request, reply, requestDigest(request))) === "answered") return reply;
  });
  app.addHook("onSend", async (request, reply, payload) => {
    await settle(request, reply, payload).catch(dependencies.onError);
    return payload;
  });

  const every = (milliseconds: number, work: () => Promise<void>) =>
    setInterval(() => void work().catch(dependencies.onError), milliseconds).unref();
  const renewing = every(RENEW_EVERY_MS, async () => {
    if (underWay.size > 0) await renewClaims(database, [...underWay]);
  });
  const forgetting = every(FORGET_EVERY_MS, () => forgetOldRequests(database));
  app.addHook("onClose", async () => {
    clearInterval(renewing);
    clearInterval(forgetting);
  });

  return {
    begin,
    learnBody: (request, digest) => {
      const mine = held.get(request);
      if (mine) mine.digest = digest;
    },
    known: async (request) => {
      const idempotencyKey = idempotencyKeyOf(request);
      return idempotencyKey === undefined
        ? undefined
        : await storedRequest(database, { keyId: callerOf(request).keyId, idempotencyKey });
    },
  };
}
