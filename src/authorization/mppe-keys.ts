import { createHash } from "node:crypto";

// RFC 3079 section 3: MPPE session keys from MS-CHAPv2 credentials.

const SESSION_KEY_OCTETS = 16;
const MAGIC_1 = Buffer.from("This is the MPPE Master Key", "latin1");
const CLIENT_SENDS = "On the client side, this is the send key; on the server side, it is the receive key.";
const SERVER_SENDS = "On the client side, this is the receive key; on the server side, it is the send key.";
const PAD_1 = Buffer.alloc(40, 0x00);
const PAD_2 = Buffer.alloc(40, 0xf2);

const sha1Start = (parts: readonly Buffer[]): Buffer =>
  createHash("sha1").update(Buffer.concat(parts)).digest().subarray(0, SESSION_KEY_OCTETS);

/** Both 128-bit keys as the access server uses them: `send` is MS-MPPE-Send-Key (RFC 2548 section 2.4.2). */
export interface MppeKeys {
  readonly send: Buffer;
  readonly receive: Buffer;
}

/** GetMasterKey and GetAsymmetricStartKey (RFC 3079 section 3.4), seen from the server. */
export function mppeKeys(passwordHashHash: Buffer, ntResponse: Buffer): MppeKeys {
  const masterKey = sha1Start([passwordHashHash, ntResponse, MAGIC_1]);
  const startKey = (magic: string) => sha1Start([masterKey, PAD_1, Buffer.from(magic, "latin1"), PAD_2]);
  return { send: startKey(SERVER_SENDS), receive: startKey(CLIENT_SENDS) };
}
