import type { Attribute } from "../radius/attribute.ts";
import { Code } from "../radius/code.ts";
import { decodeAttributes } from "../radius/decode-attributes.ts";
import { encodeLogin } from "./access-request.ts";
import type { BngOptions } from "./bng-options.ts";
import { lineAttributes } from "./line-attributes.ts";
import type { RequestPort } from "./request-port.ts";

export interface LoginAnswer {
  readonly result: "accepted" | "rejected" | "unanswered";
  readonly attributes: readonly Attribute[];
  readonly latencyMs: number;
}

/** Asks the server to let a line's subscriber in. An Access-Challenge counts as a rejection: nobody could answer it. */
export async function askLogin(
  { line, password }: { readonly line: number; readonly password: string },
  { options, auth }: { readonly options: BngOptions; readonly auth: RequestPort },
): Promise<LoginAnswer> {
  const { dictionary, method, nas } = options;
  const secret = Buffer.from(options.secret, "utf8");
  const attempt = { method, password, attributes: lineAttributes(line, nas) };
  const sent = await auth.exchange((identifier) => encodeLogin(attempt, { dictionary, secret, identifier }));
  if (sent.kind !== "answered") return { result: "unanswered", attributes: [], latencyMs: 0 };
  const { packet, request, latencyMs } = sent;
  const secrets = { secret, authenticator: request.subarray(4, 20) };
  const attributes = decodeAttributes(dictionary, packet.attributes, secrets);
  return { result: packet.code === Code.AccessAccept ? "accepted" : "rejected", attributes, latencyMs };
}
