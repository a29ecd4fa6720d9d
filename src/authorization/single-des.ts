import { createCipheriv } from "node:crypto";

/** Spreads 56 key bits over 8 octets, seven to each, the lowest bit (parity) left zero: DES ignores it. */
function withParityBits(key: Buffer): Buffer {
  const spread = Buffer.alloc(8);
  for (let index = 0; index < 8; index++) {
    const high = index === 0 ? 0 : (key[index - 1] ?? 0) << (8 - index);
    spread[index] = (high | ((key[index] ?? 0) >> index)) & 0xfe;
  }
  return spread;
}

/** DesEncrypt of RFC 2759 section 8.6: one block of 8 octets under a key of 7. */
export function desEncrypt(clear: Buffer, key: Buffer): Buffer {
  // OpenSSL 3 offers no single DES; triple DES with three equal keys is the same function.
  const single = withParityBits(key);
  const cipher = createCipheriv("des-ede3-ecb", Buffer.concat([single, single, single]), null).setAutoPadding(false);
  return Buffer.concat([cipher.update(clear), cipher.final()]);
}
