import { createHash } from "node:crypto";
import md4 from "js-md4";
import { desEncrypt } from "./single-des.ts";

// The functions of RFC 2759 section 8, by their names there.

const MAGIC_1 = Buffer.from("Magic server to client signing constant", "latin1");
const MAGIC_2 = Buffer.from("Pad to make it do more than one iteration", "latin1");

const sha1 = (...parts: readonly Buffer[]): Buffer => {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const md4Of = (octets: Buffer): Buffer => Buffer.from(md4.arrayBuffer(octets));

/** NtPasswordHash (section 8.3): MD4 over the password as UTF-16LE. */
export const ntPasswordHash = (password: string): Buffer => md4Of(Buffer.from(password, "utf16le"));

/** HashNtPasswordHash (section 8.4). */
export const hashNtPasswordHash = (passwordHash: Buffer): Buffer => md4Of(passwordHash);

/**
 * ChallengeHash (section 8.2), 8 octets. `userName` as the peer typed it, "DOMAIN\" in front of it left out, as the peer
 * leaves it out of its own computation.
 */
export const challengeHash = (peerChallenge: Buffer, authenticatorChallenge: Buffer, userName: Buffer): Buffer =>
  sha1(peerChallenge, authenticatorChallenge, withoutDomain(userName)).subarray(0, 8);

function withoutDomain(userName: Buffer): Buffer {
  const backslash = userName.indexOf(0x5c);
  return backslash < 0 ? userName : userName.subarray(backslash + 1);
}

/** ChallengeResponse (section 8.5), 24 octets. */
export function challengeResponse(challenge: Buffer, passwordHash: Buffer): Buffer {
  const padded = Buffer.alloc(21);
  passwordHash.copy(padded);
  return Buffer.concat([0, 7, 14].map((offset) => desEncrypt(challenge, padded.subarray(offset, offset + 7))));
}

/** GenerateAuthenticatorResponse (section 8.7): "S=" and 40 upper-case hexadecimal digits, which prove to the peer that we know its password. */
export function authenticatorResponse(passwordHashHash: Buffer, ntResponse: Buffer, challenge: Buffer): string {
  const digest = sha1(passwordHashHash, ntResponse, MAGIC_1);
  return `S=${sha1(digest, challenge, MAGIC_2).toString("hex").toUpperCase()}`;
}
