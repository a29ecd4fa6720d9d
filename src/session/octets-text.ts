import { isUtf8 } from "node:buffer";

/**
 * Octets as text that PostgreSQL and JSON can hold. What is no UTF-8 (RFC 2865 section 5 asks for it; equipment does not
 * always comply), or holds a NUL, becomes "0x" and its octets in hex as a whole: no two different values become one.
 */
export function octetsText(value: Buffer): string {
  const text = value.toString("utf8");
  const isSuspect = text.includes("\ufffd") || text.includes("\0");
  return isSuspect && (!isUtf8(value) || value.includes(0)) ? `0x${value.toString("hex")}` : text;
}
