import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** RFC 9110 section 13.1.2: weak comparison, and "*" is whatever there is. */
const isKnown = (header: string | undefined, tag: string): boolean =>
  (header ?? "").split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);

/** Answers with a document that does not change while the server runs: it is written once, and known by its ETag. */
export function documentAnswer(write: () => string, contentType: string) {
  let made: { readonly octets: Buffer; readonly tag: string } | undefined;
  const once = () => {
    if (made) return made;
    const octets = Buffer.from(write());
    const tag = `"${createHash("sha256").update(octets).digest("base64url")}"`;
    made = { octets, tag };
    return made;
  };
  return async ({ headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { octets, tag } = once();
    reply.header("etag", tag).header("cache-control", "no-cache");
    if (isKnown(headers["if-none-match"], tag)) return await reply.code(304).send();
    return await reply.header("content-type", contentType).send(octets);
  };
}
