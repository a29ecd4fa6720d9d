import { mppeKeys } from "../../src/authorization/mppe-keys.ts";
import {
  authenticatorResponse,
  challengeHash,
  challengeResponse,
  hashNtPasswordHash,
  ntPasswordHash,
} from "../../src/authorization/ms-chap-v2.ts";

export interface MsChapV2Login {
  /** radclient's lines for the request. */
  readonly attributes: readonly string[];
  /** What only a server that knows the password can answer. */
  readonly success: string;
  readonly keys: { readonly send: string; readonly receive: string };
}

/** A peer's side of MS-CHAPv2 (RFC 2759), with fixed challenges. */
export function msChapV2Login(userName: string, password: string): MsChapV2Login {
  const authenticatorChallenge = Buffer.alloc(16, 0xa1);
  const peerChallenge = Buffer.alloc(16, 0xb2);
  const challenge = challengeHash(peerChallenge, authenticatorChallenge, Buffer.from(userName));
  const hash = ntPasswordHash(password);
  const ntResponse = challengeResponse(challenge, hash);
  const response = Buffer.concat([Buffer.of(7, 0), peerChallenge, Buffer.alloc(8), ntResponse]);
  const proof = authenticatorResponse(hashNtPasswordHash(hash), ntResponse, challenge);
  const { send, receive } = mppeKeys(hashNtPasswordHash(hash), ntResponse);
  const text = (octets: Buffer) => `0x${octets.toString("hex")}`;
  return {
    attributes: [`MS-CHAP-Challenge = ${text(authenticatorChallenge)}`, `MS-CHAP2-Response = ${text(response)}`],
    success: text(Buffer.concat([Buffer.of(7), Buffer.from(proof)])),
    keys: { send: text(send), receive: text(receive) },
  };
}
