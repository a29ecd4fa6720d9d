import { createHash, randomBytes } from "node:crypto";
import { mppeKeys } from "../../../src/authorization/mppe-keys.ts";
import {
  authenticatorResponse,
  challengeHash,
  challengeResponse,
  hashNtPasswordHash,
  ntPasswordHash,
} from "../../../src/authorization/ms-chap-v2.ts";
import type { Nas } from "../../../src/nas/nas.ts";
import type { Packet } from "../../../src/radius/packet.ts";
import { type Answer, accessRequest, pap } from "./login-harness.ts";

/** One login by one method: the request, and what only a server that knows the same password can put into its Accept. */
export interface Attempt {
  readonly packet: Packet;
  readonly proven: Answer["attributes"];
}

export type Method = (nas: Nas, username: string, password: string) => Attempt;

function chapPassword(password: string, challenge: Buffer): string {
  const response = createHash("md5").update(Buffer.of(7)).update(password).update(challenge).digest();
  return `CHAP-Password = 0x${Buffer.concat([Buffer.of(7), response]).toString("hex")}`;
}

export function chap(nas: Nas, username: string, password: string): Packet {
  const challenge = randomBytes(16);
  return accessRequest(nas, [
    `User-Name = "${username}"`,
    chapPassword(password, challenge),
    `CHAP-Challenge = 0x${challenge.toString("hex")}`,
  ]);
}

/** The Request Authenticator is the challenge (RFC 2865 section 2.2). */
export function chapOverAuthenticator(nas: Nas, username: string, password: string): Packet {
  const authenticator = randomBytes(16);
  return accessRequest(nas, [`User-Name = "${username}"`, chapPassword(password, authenticator)], { authenticator });
}

const MS_CHAP_IDENTIFIER = 5;

/** A peer's side of MS-CHAPv2 (RFC 2759 section 4), with fresh challenges. */
export function msChapV2(nas: Nas, username: string, password: string): Attempt {
  const authenticatorChallenge = randomBytes(16);
  const peerChallenge = randomBytes(16);
  const challenge = challengeHash(peerChallenge, authenticatorChallenge, Buffer.from(username));
  const passwordHash = ntPasswordHash(password);
  const ntResponse = challengeResponse(challenge, passwordHash);
  const response = Buffer.concat([Buffer.of(MS_CHAP_IDENTIFIER, 0), peerChallenge, Buffer.alloc(8), ntResponse]);
  const packet = accessRequest(nas, [
    `User-Name = "${username}"`,
    `MS-CHAP-Challenge = 0x${authenticatorChallenge.toString("hex")}`,
    `MS-CHAP2-Response = 0x${response.toString("hex")}`,
  ]);
  const passwordHashHash = hashNtPasswordHash(passwordHash);
  const keys = mppeKeys(passwordHashHash, ntResponse);
  const proof = authenticatorResponse(passwordHashHash, ntResponse, challenge);
  return {
    packet,
    proven: {
      "MS-CHAP2-Success": [`${String.fromCharCode(MS_CHAP_IDENTIFIER)}${proof}`],
      "MS-MPPE-Send-Key": [keys.send.toString("latin1")],
      "MS-MPPE-Recv-Key": [keys.receive.toString("latin1")],
      "MS-MPPE-Encryption-Policy": ["1"],
    },
  };
}

/** Every method that local credentials serve. */
export const methods = {
  PAP: (nas, username, password) => ({ packet: pap(nas, username, password), proven: {} }),
  CHAP: (nas, username, password) => ({ packet: chap(nas, username, password), proven: {} }),
  "CHAP over the authenticator": (nas, username, password) => ({
    packet: chapOverAuthenticator(nas, username, password),
    proven: {},
  }),
  "MS-CHAPv2": msChapV2,
} as const satisfies Readonly<Record<string, Method>>;

export type MethodName = keyof typeof methods;

export const methodNames = ["PAP", "CHAP", "CHAP over the authenticator", "MS-CHAPv2"] as const;

/** RFC 2759 section 6: identifier, error, no retry, a challenge, version and message. */
export const msChapFailure = (error: number, message: RegExp) =>
  new RegExp(`^\\x05E=${error} R=0 C=[0-9A-F]{32} V=3 M=${message.source}`);
