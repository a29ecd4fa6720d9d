import type { AttributeDefinition, Dictionary } from "../dictionary/dictionary.ts";
import type { Attribute, AttributeValue } from "./attribute.ts";
import { definitionOf } from "./definition-of.ts";
import { isHexText, octetsOfText, octetsText } from "./octets-text.ts";
import { decodePlain } from "./plain-value.ts";
import { RadiusError } from "./radius-error.ts";

const isNumeric = (definition: AttributeDefinition): boolean =>
  ["byte", "short", "integer", "integer64", "signed", "date"].includes(definition.type);

const fail = (definition: AttributeDefinition, text: string): never => {
  throw new RadiusError("invalid-value", `"${text}" is no value of ${definition.name} (${definition.type})`);
};

const zoned = /\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(?:Z|UTC|GMT|[ECMP][SD]T|[+-]\d\d(?::?\d\d)?)$/i;

/** In milliseconds, or NaN. A time that names no zone is in UTC, wherever the server stands. */
const momentOf = (text: string): number =>
  Date.parse(zoned.test(text) ? text : `${text.replace(/^(\d{4}-\d\d-\d\d)T/i, "$1 ")} UTC`);

function numeric(dictionary: Dictionary, definition: AttributeDefinition, text: string): AttributeValue {
  const named = dictionary.valueNumber(definition.name, text);
  if (named !== undefined) return definition.type === "integer64" ? named : Number(named);
  if (/^0x[0-9a-f]+$/i.test(text) || /^-?\d+$/.test(text)) {
    return definition.type === "integer64" ? BigInt(text) : Number(text);
  }
  const moment = definition.type === "date" ? momentOf(text) : Number.NaN;
  return Number.isNaN(moment) ? fail(definition, text) : Math.floor(moment / 1000);
}

const isAddress = ({ type }: AttributeDefinition): boolean =>
  ["ipaddr", "ipv6addr", "ipv4prefix", "ipv6prefix", "combo-ip", "ifid", "ether"].includes(type);

/** A value in people's form → the typed value: enumeration names, numbers, 0x octets, addresses, text. */
function valueFromText(dictionary: Dictionary, definition: AttributeDefinition, text: string): AttributeValue {
  if (isNumeric(definition)) return numeric(dictionary, definition, text);
  const octets = octetsOfText(text);
  if (isAddress(definition)) return (isHexText(text) ? decodePlain(definition.type, octets) : text) ?? octets;
  // FreeRADIUS has words for it, which are not the octets of their letters.
  if (definition.type === "abinary" && !isHexText(text)) return fail(definition, text);
  return definition.type === "string" ? (decodePlain("string", octets) ?? octets) : octets;
}

/** An attribute as an operator writes it (a REST override, a profile), or as one that arrived is put back. */
interface WrittenAttribute {
  readonly name: string;
  readonly tag?: number;
  readonly value: string | number;
  /** "0x" and hex: the value as it stood on the wire, where the rest does not say it. */
  readonly octets?: string;
}

/** An attribute in people's form → a typed one. Throws RadiusError: unknown-attribute, invalid-value. */
export function namedAttribute(dictionary: Dictionary, named: WrittenAttribute): Attribute {
  const definition = definitionOf(dictionary, named.name);
  const tag = named.tag === undefined ? {} : { tag: named.tag };
  if (named.octets !== undefined) {
    const octets = octetsOfText(named.octets);
    return { name: definition.name, value: octets, ...tag, octets };
  }
  const value = valueFromText(dictionary, definition, String(named.value));
  return { name: definition.name, value, ...tag };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** What stands between quotes; undefined: there are none. */
function quotedText(text: string): string | undefined {
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  if (inner === undefined || quote === "'") return inner;
  return inner.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
}

/** As radclient takes it: a text in quotes is its letters, also where they look like hex; octets are hex all the same. */
function writtenValue(dictionary: Dictionary, name: string, written: string): string {
  const text = quotedText(written);
  if (text === undefined) return written;
  return definitionOf(dictionary, name).type === "string" ? octetsText(Buffer.from(text)) : text;
}

/** One attribute of radclient's input: Name = value, Name:tag := "text", Name += 0x…. Throws RadiusError. */
export function parseAttributeLine(dictionary: Dictionary, line: string): Attribute {
  const written = line.trim().replace(/,$/, "").trimEnd();
  const match = /^([A-Za-z0-9][A-Za-z0-9_./-]*)(?::(\d{1,3}))?\s*(?::=|\+=|==|=)/.exec(written);
  if (!match) throw new RadiusError("invalid-value", `"${line.trim()}" is not of the form Name = value`);
  const [before, name = "", tag] = match;
  return namedAttribute(dictionary, {
    name,
    value: writtenValue(dictionary, name, written.slice(before.length).trimStart()),
    ...(tag === undefined ? {} : { tag: Number(tag) }),
  });
}

const quoted = (text: string): string =>
  `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t")}"`;

/** "Name:tag = value", as radclient prints it. */
export function formatAttribute(dictionary: Dictionary, attribute: Attribute): string {
  const tag = attribute.tag === undefined ? "" : `:${attribute.tag}`;
  const text = plainText(dictionary, attribute);
  const type = dictionary.attribute(attribute.name)?.type;
  const isQuoted = type === "string" ? !isHexText(text) : type === "date" && !Buffer.isBuffer(attribute.value);
  return `${attribute.name}${tag} = ${isQuoted ? quoted(text) : text}`;
}

/**
 * A value as text without quotes: for showing, and for comparing with what an operator wrote. `namedAttribute` reads it
 * back, unless it is a TLV or `octets` say more.
 */
export function plainText(dictionary: Dictionary, { name, value }: Attribute): string {
  if (Buffer.isBuffer(value)) return `0x${value.toString("hex")}`;
  if (Array.isArray(value)) {
    return `{ ${(value as readonly Attribute[]).map((child) => formatAttribute(dictionary, child)).join(", ")} }`;
  }
  if (typeof value === "string")
    return dictionary.attribute(name)?.type === "string" ? octetsText(Buffer.from(value)) : value;
  if (dictionary.attribute(name)?.type === "date") return new Date(Number(value) * 1000).toISOString();
  return dictionary.valueName(name, typeof value === "bigint" ? value : Number(value)) ?? String(value);
}
