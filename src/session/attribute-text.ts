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

/** A 32-bit integer attribute; undefined when it does not have four octets. */
export const integerValue = (value: Buffer): number | undefined =>
  value.length === 4 ? value.readUInt32BE(0) : undefined;

export const ipv4Text = (value: Buffer): string | undefined =>
  value.length === 4 ? `${value[0]}.${value[1]}.${value[2]}.${value[3]}` : undefined;

/** RFC 5952: lower case, the longest run of two or more zero groups as "::". Takes 16 octets. */
export function ipv6Text(value: Buffer): string | undefined {
  if (value.length !== 16) return undefined;
  let bestAt = -1;
  let bestSize = 1;
  for (let group = 0, size = 0; group < 8; group++) {
    size = value[group * 2] === 0 && value[group * 2 + 1] === 0 ? size + 1 : 0;
    if (size > bestSize) {
      bestSize = size;
      bestAt = group - size + 1;
    }
  }
  let text = "";
  for (let group = 0; group < 8; group++) {
    if (group === bestAt) {
      text += "::";
      group += bestSize - 1;
    } else {
      if (text !== "" && !text.endsWith(":")) text += ":";
      text += value.readUInt16BE(group * 2).toString(16);
    }
  }
  return text;
}

/** Framed-Interface-Id (RFC 3162 section 2.2). */
export const interfaceIdText = (value: Buffer): string | undefined =>
  value.length === 8 ? [0, 2, 4, 6].map((at) => value.readUInt16BE(at).toString(16)).join(":") : undefined;

/** An IPv6 prefix attribute (RFC 3162 section 2.3, RFC 4818 section 3), octets beyond its length cleared. */
export function ipv6PrefixText(value: Buffer): string | undefined {
  const length = value[1];
  if (value.length < 2 || value.length > 18 || length === undefined || length > 128) return undefined;
  const address = Buffer.alloc(16);
  value.copy(address, 0, 2);
  // Bits after the prefix ought to be zero; what a NAS leaves there is not part of it.
  for (let at = 0; at < 16; at++) {
    const bits = Math.min(8, Math.max(0, length - at * 8));
    address[at] = (address[at] ?? 0) & (0xff << (8 - bits));
  }
  return `${ipv6Text(address)}/${length}`;
}
