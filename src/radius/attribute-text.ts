import type { AttributeDefinition, Dictionary } from "../dictionary/dictionary.ts";
import type { Attribute, AttributeValue } from "./attribute.ts";
import { definitionOf } from "./encode-attributes.ts";
import { RadiusError } from "./radius-error.ts";

const isNumeric = (definition: AttributeDefinition): boolean =>
  ["byte", "short", "integer", "integer64", "signed", "date"].includes(definition.type);

const fail = (definition: AttributeDefinition, text: string): never => {
  throw new RadiusError("invalid-value", `"${text}" is no value of ${definition.name} (${definition.type})`);
};

function numeric(dictionary: Dictionary, definition: AttributeDefinition, text: string): AttributeValue {
  const named = dictionary.valueNumber(definition.name, text);
  if (named !== undefined) return definition.type === "integer64" ? named : Number(named);
  if (/^0x[0-9a-f]+$/i.test(text) || /^-?\d+$/.test(text)) {
    return definition.type === "integer64" ? BigInt(text) : Number(text);
  }
  const moment = definition.type === "date" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? fail(definition, text) : Math.floor(moment / 1000);
}

/** A value in people's form → the typed value: enumeration names, numbers, 0x octets, addresses, text. */
function valueFromText(dictionary: Dictionary, definition: AttributeDefinition, text: string): AttributeValue {
  if (isNumeric(definition)) return numeric(dictionary, definition, text);
  const isHex = /^0x([0-9a-f]{2})*$/i.test(text);
  if (
    definition.type === "string" ||
    ["ipaddr", "ipv6addr", "ipv4prefix", "ipv6prefix", "combo-ip", "ifid", "ether"].includes(definition.type)
  ) {
    return text;
  }
  return isHex ? Buffer.from(text.slice(2), "hex") : Buffer.from(text, "utf8");
}

/** An operator's attribute (a REST override, a profile) → a typed one. Throws RadiusError: unknown-attribute, invalid-value. */
export function namedAttribute(
  dictionary: Dictionary,
  named: { readonly name: string; readonly tag?: number; readonly value: string | number },
): Attribute {
  const definition = definitionOf(dictionary, named.name);
  const value = valueFromText(dictionary, definition, String(named.value));
  return { name: definition.name, value, ...(named.tag === undefined ? {} : { tag: named.tag }) };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unquoted(text: string): string {
  const [, quote, inner] = /^(["'])(.*)\1$/s.exec(text) ?? [];
  if (inner === undefined) return text;
  return quote === "'" ? inner : inner.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter);
}

/** One attribute of radclient's input: Name = value, Name:tag := "text", Name += 0x…. Throws RadiusError. */
export function parseAttributeLine(dictionary: Dictionary, line: string): Attribute {
  const match = /^\s*([A-Za-z0-9][A-Za-z0-9_./-]*)(?::(\d{1,3}))?\s*(?::=|\+=|==|=)\s*(.*?)\s*,?\s*$/s.exec(line);
  if (!match) throw new RadiusError("invalid-value", `"${line.trim()}" is not of the form Name = value`);
  const [, name = "", tag, written = ""] = match;
  return namedAttribute(dictionary, {
    name,
    value: unquoted(written),
    ...(tag === undefined ? {} : { tag: Number(tag) }),
  });
}

const quoted = (text: string): string =>
  `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t")}"`;

function valueText(dictionary: Dictionary, name: string, value: AttributeValue): string {
  if (Buffer.isBuffer(value)) return `0x${value.toString("hex")}`;
  if (Array.isArray(value)) {
    return `{ ${(value as readonly Attribute[]).map((child) => formatAttribute(dictionary, child)).join(", ")} }`;
  }
  if (typeof value === "number" || typeof value === "bigint") {
    if (dictionary.attribute(name)?.type === "date") return quoted(new Date(Number(value) * 1000).toISOString());
    return dictionary.valueName(name, value) ?? String(value);
  }
  return dictionary.attribute(name)?.type === "string" ? quoted(String(value)) : String(value);
}

/** "Name:tag = value", as radclient prints it. */
export function formatAttribute(dictionary: Dictionary, attribute: Attribute): string {
  const tag = attribute.tag === undefined ? "" : `:${attribute.tag}`;
  return `${attribute.name}${tag} = ${valueText(dictionary, attribute.name, attribute.value)}`;
}

/** A value as text without quotes: for showing, and for comparing with what an operator wrote. */
export function plainText(dictionary: Dictionary, attribute: Attribute): string {
  return typeof attribute.value === "string" ? attribute.value : valueText(dictionary, attribute.name, attribute.value);
}
