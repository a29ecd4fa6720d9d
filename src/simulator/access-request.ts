import { hash, randomBytes } from "node:crypto";
import type { Dictionary } from "../dictionary/dictionary.ts";
import type { Attribute } from "../radius/attribute.ts";
import { Code } from "../radius/code.ts";
import { encodeAttributes } from "../radius/encode-attributes.ts";
import { encodeRequest } from "../radius/encode-packet.ts";

export type LoginMethod = "pap" | "chap";

export interface Login {
  readonly method: LoginMethod;
  readonly password: string;
  readonly attributes: readonly Attribute[];
}

const octets = (length: number): Buffer => randomBytes(length);

/** RFC 1994 section 4.1: MD5 over identifier, password and challenge. */
function chap(password: string): Attribute[] {
  const identifier = octets(1);
  const challenge = octets(16);
  const response = hash("md5", Buffer.concat([identifier, Buffer.from(password, "utf8"), challenge]), "buffer");
  return [
    { name: "CHAP-Password", value: Buffer.concat([identifier, response]) },
    { name: "CHAP-Challenge", value: challenge },
  ];
}

/** An Access-Request with Message-Authenticator, which is in it for CHAP too (CVE-2024-3596). */
export function encodeLogin(
  { method, password, attributes }: Login,
  wire: { readonly dictionary: Dictionary; readonly secret: Buffer; readonly identifier: number },
): Buffer {
  const { dictionary, secret, identifier } = wire;
  const authenticator = octets(16);
  const proof = method === "pap" ? [{ name: "User-Password", value: password }] : chap(password);
  const raw = encodeAttributes(dictionary, [...attributes, ...proof], { secret, authenticator });
  return encodeRequest({
    code: Code.AccessRequest,
    identifier,
    attributes: raw,
    secret,
    authenticator,
    messageAuthenticator: true,
  });
}
