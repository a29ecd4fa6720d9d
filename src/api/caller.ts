import type { TSchema } from "typebox";
import type { ProblemCode } from "./problem-codes.ts";
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
    /** What it answers beside what every route of its kind does: for the OpenAPI document, against which tests hold it. */
    readonly problems?: readonly ProblemCode[];
    /** Where the body is not JSON of one shape: what it is, by media type. */
    readonly rawBody?: Readonly<Record<string, RawBody>>;
    /** Parameters of the query that everybody may send and some keys must: required in the OpenAPI document. */
    readonly requiredQuery?: readonly string[];
    /**
     * "kept" (the default): answers are kept for whoever sends the same Idempotency-Key again. "own": the route streams its
     * body, and keeps its answer itself. "ignored": it changes nothing, or must not be answered twice alike.
     */
    readonly idempotency?: "kept" | "own" | "ignored";
  }
}

interface RawBody {
  readonly description: string;
  readonly schema?: TSchema;
  readonly example?: unknown;
}

/** The caller of a request to a route that asks for a key. */
export function callerOf(request: { readonly caller: Caller | undefined }): Caller {
  if (!request.caller) throw new Error("a route without authentication asked for its caller");
  return request.caller;
}
