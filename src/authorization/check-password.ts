import { createHash, timingSafeEqual } from "node:crypto";
import type { AccessMethod } from "./access-method.ts";
import { challengeHash, challengeResponse, ntPasswordHash } from "./ms-chap-v2.ts";

/** Whether the method's proof fits `password`; in constant time once the method is known. */
export function isCorrectPassword(method: AccessMethod, password: string, userName: Buffer): boolean {
  switch (method.kind) {
    case "pap":
      return sameText(method.password, Buffer.from(password));
    case "chap":
      return sameOctets(chapResponse(method.identifier, password, method.challenge), method.response);
    case "ms-chap-v2": {
      const challenge = challengeHash(method.peerChallenge, method.authenticatorChallenge, userName);
      return sameOctets(challengeResponse(challenge, ntPasswordHash(password)), method.ntResponse);
    }
    case "eap":
    case "unusable":
      return false;
  }
}

/** RFC 1994 section 4.1: MD5 over identifier, secret and challenge. */
const chapResponse = (identifier: number, password: string, challenge: Buffer): Buffer =>
  createHash("md5").update(Buffer.of(identifier)).update(password).update(challenge).digest();

const sameOctets = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** Texts of any lengths, without telling by the time taken where or how they differ. */
const sameText = (a: Buffer, b: Buffer): boolean =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
