import { hash, randomBytes } from "node:crypto";
import type { AttributeSecrets } from "./attribute.ts";
import { RadiusError } from "./radius-error.ts";

const BLOCK = 16;
const SALT_OCTETS = 2;
/** RFC 2868 section 3.5: a length octet and the value, in whole blocks that fit into one attribute beside salt and tag. */
const MOST_OCTETS = 239;

function keyBlock(secret: Buffer, previous: Buffer): Buffer {
  return hash("md5", Buffer.concat([secret, previous]), "buffer");
}

/** Salts that differ from each other, as those of one packet must (RFC 2868 section 3.5): up to 32,768 of them. */
export function distinctSalts(random: (octets: number) => Buffer = randomBytes): () => Buffer {
  let next: number | undefined;
  return () => {
    const number = next ?? random(SALT_OCTETS).readUInt16BE(0);
    next = (number + 1) & 0x7fff;
    return Buffer.of(0x80 | (number >> 8), number & 0xff);
  };
}

const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((octet, i) => octet ^ (b[i] as number)));

/**
 * Hides a value as Tunnel-Password and MS-MPPE keys are (RFC 2868 section 3.5, RFC 2548 section 2.4.2): salt, then
 * length and value in blocks. The salt's first bit is set; it must differ between the attributes of one packet.
 */
export function encryptSalted(
  value: Buffer,
  { secret, authenticator }: AttributeSecrets,
  random: (octets: number) => Buffer = randomBytes,
): Buffer {
  if (value.length > MOST_OCTETS)
    throw new RadiusError("value-too-long", `${MOST_OCTETS} octets can be hidden, not ${value.length}`);
  const salt = Buffer.from(random(SALT_OCTETS));
  salt[0] = (salt[0] as number) | 0x80;
  const clear = Buffer.alloc(Math.ceil((1 + value.length) / BLOCK) * BLOCK);
  clear[0] = value.length;
  value.copy(clear, 1);
  const blocks: Buffer[] = [salt];
  let previous: Buffer = Buffer.concat([authenticator, salt]);
  for (let at = 0; at < clear.length; at += BLOCK) {
    previous = xor(clear.subarray(at, at + BLOCK), keyBlock(secret, previous));
    blocks.push(previous);
  }
  return Buffer.concat(blocks);
}

/** The value that was hidden; undefined where salt, blocks or the length inside cannot be right. Never throws. */
export function decryptSalted(hidden: Buffer, { secret, authenticator }: AttributeSecrets): Buffer | undefined {
  const salt = hidden.subarray(0, SALT_OCTETS);
  const text = hidden.subarray(SALT_OCTETS);
  if (text.length === 0 || text.length % BLOCK !== 0) return undefined;
  const clear: Buffer[] = [];
  let previous: Buffer = Buffer.concat([authenticator, salt]);
  for (let at = 0; at < text.length; at += BLOCK) {
    const block: Buffer = text.subarray(at, at + BLOCK);
    clear.push(xor(block, keyBlock(secret, previous)));
    previous = block;
  }
  const all = Buffer.concat(clear);
  const length = all[0] as number;
  return length <= all.length - 1 ? all.subarray(1, 1 + length) : undefined;
}
