import { isIPv4, isIPv6 } from "node:net";
import { RadiusError } from "./radius-error.ts";

const fail = (text: string, what: string): never => {
  throw new RadiusError("invalid-value", `"${text}" is not ${what}`);
};

/** Four octets of a dotted IPv4 address. */
export function encodeIpv4(text: string): Buffer {
  return isIPv4(text) ? Buffer.from(text.split(".").map(Number)) : fail(text, "an IPv4 address");
}

export const decodeIpv4 = (octets: Buffer): string => octets.join(".");

/** Sixteen octets of an IPv6 address in any of its text forms. */
export function encodeIpv6(text: string): Buffer {
  if (!isIPv6(text) || text.includes("%")) return fail(text, "an IPv6 address");
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const hex = embedded
    ? `${embedded[1]}${encodeIpv4(embedded[2] ?? "")
        .toString("hex")
        .replace(/^(.{4})/, "$1:")}`
    : text;
  const [head = "", tail] = hex.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** The shortest text form (RFC 5952): lower case, the longest run of at least two zero groups left out. */
export function decodeIpv6(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i).toString(16));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at += 1) {
    let length = 0;
    while (at + length < 8 && groups[at + length] === "0") length += 1;
    if (length > best.length) best = { at, length };
  }
  if (best.at < 0) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}

function prefixParts(text: string, maximum: number): { address: string; length: number } {
  const [address = "", lengthText = String(maximum), ...rest] = text.split("/");
  const length = Number(lengthText);
  if (rest.length > 0 || !/^\d{1,3}$/.test(lengthText) || length > maximum)
    return fail(text, `a prefix of 0 to ${maximum} bits`);
  return { address, length };
}

/** Bits behind the prefix length are zeros (RFC 3162 section 2.3). */
function cleared(octets: Buffer, length: number): Buffer {
  const result = Buffer.from(octets);
  for (let at = 0; at < result.length; at += 1) {
    const bits = Math.min(8, Math.max(0, length - 8 * at));
    result[at] = (result[at] as number) & (0xff << (8 - bits));
  }
  return result;
}

/** RFC 3162 section 2.3: reserved, length, and no more octets than the length needs. */
export function encodeIpv6Prefix(text: string): Buffer {
  const { address, length } = prefixParts(text, 128);
  const octets = cleared(encodeIpv6(address), length).subarray(0, Math.ceil(length / 8));
  return Buffer.concat([Buffer.of(0, length), octets]);
}

export function decodeIpv6Prefix(octets: Buffer): string | undefined {
  const length = octets[1];
  if (octets.length < 2 || octets.length > 18 || length === undefined || length > 128) return undefined;
  if (octets.length - 2 < Math.ceil(length / 8)) return undefined;
  const address = Buffer.alloc(16);
  octets.copy(address, 0, 2);
  return `${decodeIpv6(cleared(address, length))}/${length}`;
}

/** Whether a prefix has a reserved octet of zero, as many octets as are said, and no bit set behind its end. */
export function isShortestPrefix(octets: Buffer, addressOctets: number): boolean {
  const length = octets[1] ?? 0;
  if (octets[0] !== 0 || octets.length !== 2 + addressOctets || length > 8 * addressOctets) return false;
  const whole = 2 + (length >> 3);
  const rest = octets[whole];
  if (rest === undefined) return true;
  return ((rest << (length & 7)) & 0xff) === 0 && octets.subarray(whole + 1).every((octet) => octet === 0);
}

/** RFC 8044 section 3.11: no address at all is a prefix of 32 bits, and of no other length. */
const isPrefixOfNothing = (address: Buffer, length: number): boolean =>
  length !== 32 && cleared(address, length).every((octet) => octet === 0);

/** RFC 8044 section 3.11: reserved, length, and always four octets. */
export function encodeIpv4Prefix(text: string): Buffer {
  const { address, length } = prefixParts(text, 32);
  const octets = encodeIpv4(address);
  if (isPrefixOfNothing(octets, length)) return fail(text, "an IPv4 prefix: that of no address has 32 bits");
  return Buffer.concat([Buffer.of(0, length), cleared(octets, length)]);
}

export function decodeIpv4Prefix(octets: Buffer): string | undefined {
  const length = octets[1];
  if (octets.length !== 6 || length === undefined || length > 32) return undefined;
  const address = octets.subarray(2);
  return isPrefixOfNothing(address, length) ? undefined : `${decodeIpv4(cleared(address, length))}/${length}`;
}
