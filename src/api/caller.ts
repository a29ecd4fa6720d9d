import type { Right, Role } from "./rights.ts";

/** Who makes this call: known from the key, once per request. */
export interface Caller {
  readonly keyId: string;
  /** As measures, cases and the audit name it: "key:<id>". */
  readonly actor: string;
  readonly name?: string;
  readonly role: Role;
  /** Keys of role ingest: the one source that they speak for. */
  readonly sourceId?: string;
}

declare module "fastify" {
  interface FastifyRequest {
    /** undefined only on routes whose right is "open". */
    caller: Caller | undefined;
  }
  interface FastifyContextConfig {
    readonly right?: Right;
    /** Media types and a sentence for the OpenAPI document, where the body is not JSON. */
    readonly rawBody?: { readonly types: readonly string[]; readonly description: string };
    /** Parameters of the query that everybody may send and some keys must: required in the OpenAPI document. */
    readonly requiredQuery?: readonly string[];
    /** The route changes nothing, or streams its body: it looks after Idempotency-Key itself. */
    readonly ownIdempotency?: boolean;
  }
}

/** The caller of a request to a route that asks for a key. */
export function callerOf(request: { readonly caller: Caller | undefined }): Caller {
  if (!request.caller) throw new Error("a route without authentication asked for its caller");
  return request.caller;
}
