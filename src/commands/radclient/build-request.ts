import { hash } from "node:crypto";
import type { Dictionary } from "../../dictionary/dictionary.ts";
import type { Attribute } from "../../radius/attribute.ts";
import { parseAttributeLine } from "../../radius/attribute-text.ts";
import { Code } from "../../radius/code.ts";
import { encodeAttributes } from "../../radius/encode-attributes.ts";
import { encodeRequest } from "../../radius/encode-packet.ts";
import { RadiusError } from "../../radius/radius-error.ts";
import { msChapAttributes } from "./ms-chap-attributes.ts";
import { PacketSyntaxError, type WrittenAttribute } from "./read-packets.ts";

/** A request as a person wants it. */
export interface RequestWish {
  readonly code: number;
  readonly attributes: readonly WrittenAttribute[];
  /** Access-Request: whether a Message-Authenticator is added where none is written. */
  readonly messageAuthenticator: boolean;
}

export interface BuildContext {
  readonly dictionary: Dictionary;
  readonly secret: Buffer;
  readonly identifier: number;
  readonly randomOctets: (count: number) => Buffer;
}

const CHAP_OCTETS = 16;

const named = (wish: RequestWish, name: string): WrittenAttribute | undefined =>
  wish.attributes.find((attribute) => attribute.name.toLowerCase() === name);

const octetsOf = (text: string): Buffer =>
  /^0x(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text.slice(2), "hex") : Buffer.from(text, "utf8");

interface Hiding {
  readonly authenticator: Buffer;
  readonly randomOctets: (count: number) => Buffer;
}

/** A clear CHAP password → identifier and response (RFC 2865 section 5.3); 17 octets in hex are taken as they are. */
function chapPassword(
  wish: RequestWish,
  written: WrittenAttribute,
  { authenticator, randomOctets }: Hiding,
): Attribute {
  const value = octetsOf(written.value);
  if (written.value.startsWith("0x") && value.length === CHAP_OCTETS + 1) return { name: "CHAP-Password", value };
  const challenge = named(wish, "chap-challenge");
  const identifier = randomOctets(1);
  const salted = Buffer.concat([identifier, value, challenge ? octetsOf(challenge.value) : authenticator]);
  return { name: "CHAP-Password", value: Buffer.concat([identifier, hash("md5", salted, "buffer")]) };
}

function attributesOf(
  wish: RequestWish,
  written: WrittenAttribute,
  { dictionary, hiding }: { readonly dictionary: Dictionary; readonly hiding: Hiding },
): Attribute[] {
  const name = written.name.toLowerCase();
  if (name === "chap-password") return [chapPassword(wish, written, hiding)];
  if (name === "ms-chap-password" || name === "ms-chap2-password") {
    const userName = octetsOf(named(wish, "user-name")?.value ?? "");
    const version = name === "ms-chap-password" ? 1 : 2;
    return msChapAttributes({ version, password: written.value, userName, randomOctets: hiding.randomOctets });
  }
  return [parseAttributeLine(dictionary, written.text)];
}

const isRandom = (code: number): boolean => code === Code.AccessRequest || code === Code.StatusServer;

/** RFC 5997 section 3: a Status-Server must have one. What is written asks for one, whatever its value. */
const isSigned = (wish: RequestWish): boolean =>
  wish.code === Code.StatusServer ||
  named(wish, "message-authenticator") !== undefined ||
  (wish.code === Code.AccessRequest && wish.messageAuthenticator);

/** The octets of a request, the same for every transmission. Throws PacketSyntaxError with the attribute's line. */
export function buildRequest(wish: RequestWish, context: BuildContext): Buffer {
  const { dictionary, secret, identifier, randomOctets } = context;
  const authenticator = isRandom(wish.code) ? randomOctets(16) : Buffer.alloc(16);
  const raw = wish.attributes.flatMap((written) => {
    if (written.name.toLowerCase() === "message-authenticator") return [];
    try {
      const attributes = attributesOf(wish, written, { dictionary, hiding: { authenticator, randomOctets } });
      return encodeAttributes(dictionary, attributes, { secret, authenticator });
    } catch (error) {
      throw error instanceof RadiusError ? new PacketSyntaxError(written.line, error.message) : error;
    }
  });
  return encodeRequest({
    code: wish.code,
    identifier,
    attributes: raw,
    secret,
    messageAuthenticator: isSigned(wish),
    ...(isRandom(wish.code) && { authenticator }),
  });
}
