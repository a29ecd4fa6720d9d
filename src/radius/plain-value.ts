import type { ValueType } from "../dictionary/dictionary.ts";
import {
  decodeIpv4,
  decodeIpv4Prefix,
  decodeIpv6,
  decodeIpv6Prefix,
  encodeIpv4,
  encodeIpv4Prefix,
  encodeIpv6,
  encodeIpv6Prefix,
  isShortestPrefix,
} from "./address-value.ts";
import type { AttributeValue } from "./attribute.ts";
import { RadiusError } from "./radius-error.ts";

const fail = (value: AttributeValue, what: string): never => {
  const shown = typeof value === "string" || typeof value === "number" ? JSON.stringify(value) : typeof value;
  throw new RadiusError("invalid-value", `${shown} is not ${what}`);
};

const widths = { byte: 1, short: 2, integer: 4, date: 4, integer64: 8, signed: 4 } as const;

function encodeInteger(value: AttributeValue, type: keyof typeof widths): Buffer {
  if (typeof value !== "bigint" && !(typeof value === "number" && Number.isInteger(value)))
    return fail(value, "a whole number");
  const bits = 8 * widths[type];
  const whole = BigInt(value);
  const isInRange = type === "signed" ? BigInt.asIntN(bits, whole) === whole : BigInt.asUintN(bits, whole) === whole;
  if (!isInRange) return fail(value, `a number of ${bits} bits`);
  return Buffer.from(
    BigInt.asUintN(bits, whole)
      .toString(16)
      .padStart(bits / 4, "0"),
    "hex",
  );
}

function encodeString(value: AttributeValue): Buffer {
  return typeof value === "string" ? Buffer.from(value, "utf8") : encodeOctets(value);
}

function encodeOctets(value: AttributeValue): Buffer {
  return Buffer.isBuffer(value) ? value : fail(value, "octets");
}

const text = (value: AttributeValue): string => (typeof value === "string" ? value : fail(value, "text"));

function encodeGroups(value: AttributeValue, pattern: RegExp, digits: number): Buffer {
  const written = text(value);
  if (!pattern.test(written)) return fail(value, digits === 4 ? "an interface id" : "an Ethernet address");
  return Buffer.from(
    written
      .split(/[:-]/)
      .map((group) => group.padStart(digits, "0"))
      .join(""),
    "hex",
  );
}

/** A value's octets, by its type. Throws RadiusError for what does not fit. */
export function encodePlain(type: ValueType, value: AttributeValue): Buffer {
  switch (type) {
    case "string":
      return encodeString(value);
    case "byte":
    case "short":
    case "integer":
    case "date":
    case "integer64":
    case "signed":
      return encodeInteger(value, type);
    case "ipaddr":
      return encodeIpv4(text(value));
    case "ipv6addr":
      return encodeIpv6(text(value));
    case "combo-ip":
      return text(value).includes(":") ? encodeIpv6(text(value)) : encodeIpv4(text(value));
    case "ipv4prefix":
      return encodeIpv4Prefix(text(value));
    case "ipv6prefix":
      return encodeIpv6Prefix(text(value));
    case "ifid":
      return encodeGroups(value, /^([0-9a-f]{1,4}:){3}[0-9a-f]{1,4}$/i, 4);
    case "ether":
      return encodeGroups(value, /^([0-9a-f]{1,2}[:-]){5}[0-9a-f]{1,2}$/i, 2);
    default:
      return encodeOctets(value);
  }
}

/** Whether a value's octets are those that it is written with; prefixes come with more octets than they need, or bits behind their end. */
export function isWrittenAs(type: ValueType, octets: Buffer): boolean {
  if (type === "ipv6prefix") return isShortestPrefix(octets, Math.ceil((octets[1] ?? 0) / 8));
  return type !== "ipv4prefix" || isShortestPrefix(octets, 4);
}

/** Fatal decoding: octets that are no UTF-8 stay octets, so that nothing is lost on the way through. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeString(octets: Buffer): AttributeValue {
  try {
    return utf8.decode(octets);
  } catch {
    return octets;
  }
}

function decodeInteger(octets: Buffer, type: keyof typeof widths): AttributeValue | undefined {
  if (octets.length !== widths[type]) return undefined;
  if (type === "integer64") return octets.readBigUInt64BE();
  return type === "signed" ? octets.readInt32BE() : octets.readUIntBE(0, octets.length);
}

const hexGroups = (octets: Buffer, octetsEach: number, digits: number): string =>
  Array.from({ length: octets.length / octetsEach }, (_, i) =>
    octets
      .readUIntBE(i * octetsEach, octetsEach)
      .toString(16)
      .padStart(digits, "0"),
  ).join(":");

/** The value of octets, by type; undefined where they cannot be one (a wrong length). Never throws. */
export function decodePlain(type: ValueType, octets: Buffer): AttributeValue | undefined {
  switch (type) {
    case "string":
      return decodeString(octets);
    case "byte":
    case "short":
    case "integer":
    case "date":
    case "integer64":
    case "signed":
      return decodeInteger(octets, type);
    case "ipaddr":
      return octets.length === 4 ? decodeIpv4(octets) : undefined;
    case "ipv6addr":
      return octets.length === 16 ? decodeIpv6(octets) : undefined;
    case "combo-ip":
      return octets.length === 4 ? decodeIpv4(octets) : octets.length === 16 ? decodeIpv6(octets) : undefined;
    case "ipv4prefix":
      return decodeIpv4Prefix(octets);
    case "ipv6prefix":
      return decodeIpv6Prefix(octets);
    case "ifid":
      return octets.length === 8 ? hexGroups(octets, 2, 1) : undefined;
    case "ether":
      return octets.length === 6 ? hexGroups(octets, 1, 2) : undefined;
    default:
      return octets;
  }
}
