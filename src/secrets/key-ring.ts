import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";

/** Seals and opens secrets at rest. `place` ("table:column:row") is authenticated, so a sealed value cannot be moved. */
export interface KeyRing {
  seal(place: string, clear: string): Buffer;
  /** Throws KeyRingError. */
  open(place: string, sealed: Buffer): string;
  /** The same sealed with the newest key; undefined: it is already. Throws KeyRingError. */
  reseal(place: string, sealed: Buffer): Buffer | undefined;
}

export type KeyRingErrorCode = "unknown-key" | "not-authentic";

export class KeyRingError extends Error {
  readonly code: KeyRingErrorCode;
  constructor(code: KeyRingErrorCode, place: string) {
    super(`cannot open the secret at ${place}: ${code}`);
    this.name = "KeyRingError";
    this.code = code;
  }
}

const FORMAT = 1;
const KEY_ID_OCTETS = 4;
const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;

interface RingKey {
  readonly id: Buffer;
  /** Not a Buffer: Node would take longer to see what it is than to open a password, and each login opens one. */
  readonly key: KeyObject;
}

/** A key's id is derived from it, so that two nodes with the same key text agree without any further agreement. */
function ringKeyFrom(text: string): RingKey {
  // Anybody could open what is sealed with it.
  if (text === "") throw new Error("a key of the key ring is empty");
  const derive = (use: string, octets: number) => Buffer.from(hkdfSync("sha256", text, "weir key ring", use, octets));
  return { id: derive("id", KEY_ID_OCTETS), key: createSecretKey(derive("aes-256-gcm", 32)) };
}

/**
 * The key ring of `texts`, newest first: the first seals, all open. AES-256-GCM; layout of a sealed value:
 * format octet, key id (4), nonce (12), tag (16), ciphertext.
 */
export function createKeyRing(texts: readonly [string, ...string[]]): KeyRing {
  const keys = texts.map(ringKeyFrom);
  const [newest] = keys as [RingKey, ...RingKey[]];
  const ring: KeyRing = {
    seal: (place, clear) => {
      const nonce = randomBytes(NONCE_OCTETS);
      const cipher = createCipheriv("aes-256-gcm", newest.key, nonce).setAAD(Buffer.from(place));
      const text = Buffer.concat([cipher.update(clear, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), newest.id, nonce, cipher.getAuthTag(), text]);
    },
    open: (place, sealed) => {
      const id = sealed.subarray(1, 1 + KEY_ID_OCTETS);
      const found = sealed[0] === FORMAT ? keys.find((key) => key.id.equals(id)) : undefined;
      if (!found) throw new KeyRingError("unknown-key", place);
      const nonceAt = 1 + KEY_ID_OCTETS;
      const tagAt = nonceAt + NONCE_OCTETS;
      const textAt = tagAt + TAG_OCTETS;
      try {
        const decipher = createDecipheriv("aes-256-gcm", found.key, sealed.subarray(nonceAt, tagAt), {
          authTagLength: TAG_OCTETS,
        });
        decipher.setAAD(Buffer.from(place)).setAuthTag(sealed.subarray(tagAt, textAt));
        return Buffer.concat([decipher.update(sealed.subarray(textAt)), decipher.final()]).toString("utf8");
      } catch {
        throw new KeyRingError("not-authentic", place);
      }
    },
    reseal: (place, sealed) => {
      const clear = ring.open(place, sealed);
      return newest.id.equals(sealed.subarray(1, 1 + KEY_ID_OCTETS)) ? undefined : ring.seal(place, clear);
    },
  };
  return ring;
}
