import { isUtf8 } from "node:buffer";

const HEX = /^0x(?:[0-9a-f]{2})*$/i;

/** Whether a text stands for the octets that it gives in hex, as in radclient's input. */
export const isHexText = (text: string): boolean => text.startsWith("0x") && HEX.test(text);

const hexText = (octets: Buffer): string => `0x${octets.toString("hex")}`;

/**
 * Octets as text that PostgreSQL and JSON can hold. What is no UTF-8 (RFC 2865 section 5 asks for it; equipment does not
 * always comply), or holds a NUL, or would be read as hex, becomes "0x" and its octets in hex: no two different values
 * become one, and `octetsOfText` gives back what was there.
 */
export function octetsText(octets: Buffer): string {
  const text = octets.toString("utf8");
  if (isHexText(text)) return hexText(octets);
  const isSuspect = text.includes("\ufffd") || text.includes("\0");
  return isSuspect && (!isUtf8(octets) || octets.includes(0)) ? hexText(octets) : text;
}

/** The octets that a text stands for: those given in hex after "0x", else its own in UTF-8. */
export const octetsOfText = (text: string): Buffer =>
  isHexText(text) ? Buffer.from(text.slice(2), "hex") : Buffer.from(text, "utf8");
