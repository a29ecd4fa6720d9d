import type { AttributeDefinition, Dictionary, VendorFormat } from "../dictionary/dictionary.ts";
import type { Attribute, AttributeSecrets } from "./attribute.ts";
import { definitionOf } from "./definition-of.ts";
import type { SaltedSecrets } from "./hidden-value.ts";
import type { RawAttribute } from "./packet.ts";
import { RadiusError } from "./radius-error.ts";
import { distinctSalts } from "./salted.ts";
import { encodeSingle } from "./single-value.ts";

const VENDOR_SPECIFIC = 26;
const NAS_FILTER_RULE = 92;
const MOST_VALUE_OCTETS = 253;
const MORE = 0x80;

const isExtended = (type: number): boolean => type >= 241 && type <= 246;

const tooLong = (name: string, octets: number, room: number): RadiusError =>
  new RadiusError("value-too-long", `${name} has room for ${room} octets, not ${octets}`);

const unsigned = (value: number, octets: number): Buffer => {
  const buffer = Buffer.alloc(octets);
  if (octets > 0) buffer.writeUIntBE(value, 0, octets);
  return buffer;
};

function chunks(octets: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < octets.length || at === 0; at += size) parts.push(octets.subarray(at, at + size));
  return parts;
}

/** Type, length and value as in a TLV (RFC 6929 section 2.3). */
function tlv(number: number, payload: Buffer, name: string): Buffer {
  if (payload.length > MOST_VALUE_OCTETS) throw tooLong(name, payload.length, MOST_VALUE_OCTETS);
  return Buffer.concat([Buffer.of(number, payload.length + 2), payload]);
}

/** The vendor's own header and value; with a continuation octet, as many as the value needs (WiMAX). */
function vendorParts(format: VendorFormat, number: number, payload: Buffer, name: string): Buffer[] {
  const header = format.typeOctets + format.lengthOctets + (format.hasContinuation ? 1 : 0);
  const room = MOST_VALUE_OCTETS - 4 - header;
  if (payload.length > room && !format.hasContinuation) throw tooLong(name, payload.length, room);
  const parts = chunks(payload, room);
  return parts.map((part, index) => {
    const continuation = format.hasContinuation ? Buffer.of(index < parts.length - 1 ? MORE : 0) : Buffer.alloc(0);
    const length = unsigned(part.length + header, format.lengthOctets);
    return Buffer.concat([unsigned(number, format.typeOctets), length, continuation, part]);
  });
}

/** RFC 6929 section 2.1 (241 to 244) and 2.2 (245, 246: in fragments). */
function extended(type: number, number: number, payload: Buffer, name: string): RawAttribute[] {
  const isLong = type >= 245;
  const room = MOST_VALUE_OCTETS - (isLong ? 2 : 1);
  if (payload.length > room && !isLong) throw tooLong(name, payload.length, room);
  const parts = chunks(payload, room);
  return parts.map((part, index) => {
    const flags = isLong ? [index < parts.length - 1 ? MORE : 0] : [];
    return { type, value: Buffer.concat([Buffer.of(number, ...flags), part]) };
  });
}

/** Puts a value where its definition's number path says: below TLVs, a vendor, an extended attribute. */
function place(definition: AttributeDefinition, payload: Buffer): RawAttribute[] {
  const path = definition.oid.split(".").map(Number);
  const [type = 0, second = 0, third = 0] = path;
  const { name, vendor } = definition;
  const nested = (from: number): Buffer =>
    path.slice(from).reduceRight((inner, number) => tlv(number, inner, name), payload);
  if (path.length === 1) return plain(definition, type, payload);
  if (type === VENDOR_SPECIFIC && vendor) {
    const id = unsigned(second, 4);
    // Without a number below the vendor: what the vendor put there, in whatever layout.
    const parts = path.length === 2 ? [payload] : vendorParts(vendor.format, third, nested(3), name);
    return parts.flatMap((part) => plain(definition, type, Buffer.concat([id, part])));
  }
  if (!isExtended(type)) return plain(definition, type, nested(1));
  if (second === VENDOR_SPECIFIC && vendor) {
    const inner = Buffer.concat([unsigned(third, 4), Buffer.of(path[3] ?? 0), nested(4)]);
    return extended(type, second, inner, name);
  }
  return extended(type, second, nested(2), name);
}

function plain(definition: AttributeDefinition, type: number, payload: Buffer): RawAttribute[] {
  if (payload.length <= MOST_VALUE_OCTETS) return [{ type, value: payload }];
  if (!definition.isConcat) throw tooLong(definition.name, payload.length, MOST_VALUE_OCTETS);
  return chunks(payload, MOST_VALUE_OCTETS).map((value) => ({ type, value }));
}

interface Context {
  readonly dictionary: Dictionary;
  readonly secrets: SaltedSecrets;
}

function children(context: Context, definition: AttributeDefinition, attribute: Attribute): Buffer {
  if (!Array.isArray(attribute.value))
    throw new RadiusError("invalid-value", `${attribute.name} is a list of attributes`);
  return Buffer.concat(
    (attribute.value as readonly Attribute[]).map((child) => {
      const inner = definitionOf(context.dictionary, child.name);
      if (inner.oid !== `${definition.oid}.${inner.number}`) {
        throw new RadiusError("invalid-value", `${child.name} does not belong into ${definition.name}`);
      }
      return tlv(inner.number, payloadOf(context, inner, child), child.name);
    }),
  );
}

function payloadOf(context: Context, definition: AttributeDefinition, attribute: Attribute): Buffer {
  if (attribute.octets) return attribute.octets;
  if (definition.type === "tlv" && !Buffer.isBuffer(attribute.value)) return children(context, definition, attribute);
  return encodeSingle(definition, attribute, context.secrets);
}

/** An attribute's value as it stands on the wire, without any header. Throws RadiusError as `encodeAttributes` does. */
export const valueOctets = (dictionary: Dictionary, attribute: Attribute, secrets: AttributeSecrets): Buffer =>
  payloadOf({ dictionary, secrets }, definitionOf(dictionary, attribute.name), attribute);

/** RFC 4849 section 2: all rules of a packet are one text, NUL between them, cut wherever an attribute is full. */
function filterRules(rules: readonly Buffer[]): RawAttribute[] {
  const text = Buffer.concat(rules.flatMap((rule, index) => (index === 0 ? [rule] : [Buffer.of(0), rule])));
  return chunks(text, MOST_VALUE_OCTETS).map((value) => ({ type: NAS_FILTER_RULE, value }));
}

/**
 * Attributes by name → attributes on the wire, in their order (NAS-Filter-Rules together, where the first one stands).
 * Throws RadiusError: unknown-attribute, invalid-value, value-too-long.
 */
export function encodeAttributes(
  dictionary: Dictionary,
  attributes: readonly Attribute[],
  secrets: AttributeSecrets,
): RawAttribute[] {
  const context = { dictionary, secrets: { ...secrets, salt: distinctSalts() } };
  const encoded = attributes.map((attribute) => {
    const definition = definitionOf(dictionary, attribute.name);
    return { definition, payload: payloadOf(context, definition, attribute) };
  });
  // "Attr-92" is octets, which are left as they are.
  const isRule = ({ definition: { oid, type } }: { definition: AttributeDefinition }) =>
    oid === String(NAS_FILTER_RULE) && type === "string";
  const rules = encoded.filter(isRule);
  return encoded.flatMap((one) => {
    if (!isRule(one)) return place(one.definition, one.payload);
    return one === rules[0] ? filterRules(rules.map(({ payload }) => payload)) : [];
  });
}
