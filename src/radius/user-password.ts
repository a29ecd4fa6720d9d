import { hash } from "node:crypto";

/** Shared secret and the packet's Request Authenticator: what attributes are hidden with. */
export interface Hiding {
  readonly secret: Buffer;
  readonly authenticator: Buffer;
}

const BLOCK = 16;

function applyKeyStream(
  text: Buffer,
  { secret, authenticator }: Hiding,
  cipherOf: (input: Buffer, output: Buffer) => Buffer,
): Buffer {
  const result = Buffer.alloc(text.length);
  let previous = authenticator;
  for (let at = 0; at < text.length; at += BLOCK) {
    const key = hash("md5", Buffer.concat([secret, previous]), "buffer");
    for (let i = 0; i < BLOCK; i += 1) result[at + i] = (text[at + i] as number) ^ (key[i] as number);
    previous = cipherOf(text.subarray(at, at + BLOCK), result.subarray(at, at + BLOCK));
  }
  return result;
}

/** Hides a password of up to 128 octets (RFC 2865 section 5.2). */
export function encryptUserPassword(password: Buffer, hiding: Hiding): Buffer {
  const padded = Buffer.alloc(Math.max(BLOCK, Math.ceil(password.length / BLOCK) * BLOCK));
  password.copy(padded);
  return applyKeyStream(padded, hiding, (_input, output) => output);
}

/** The password, its padding of zeros cut off; undefined where the length is not 16 to 128 in whole blocks. */
export function decryptUserPassword(hidden: Buffer, hiding: Hiding): Buffer | undefined {
  if (hidden.length === 0 || hidden.length > 128 || hidden.length % BLOCK !== 0) return undefined;
  const padded = applyKeyStream(hidden, hiding, (input) => input);
  let end = padded.length;
  while (end > 0 && padded[end - 1] === 0) end -= 1;
  return padded.subarray(0, end);
}
