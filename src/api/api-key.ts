import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** The start by which secret scanners, and people, know one of ours. */
const PREFIX = "weir_";
const KEY_OCTETS = 32;

/** A new key: 256 random bits. It is shown once; only its digest is kept. */
export const newApiKey = (random: (octets: number) => Buffer = randomBytes): string =>
  `${PREFIX}${random(KEY_OCTETS).toString("base64url")}`;

/** What is stored of a key, and looked up by. A random key of 256 bits needs no slow hash. */
export const keyDigest = (key: string): Buffer => createHash("sha256").update(key, "utf8").digest();

/** Compares in a time that does not depend on where two digests differ. */
export const sameDigest = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
