import fc from "fast-check";
import type { TheirAttribute, TheirValue } from "radius";
import type { AttributeDefinition } from "../../../src/dictionary/dictionary.ts";
import type { Attribute, AttributeValue } from "../../../src/radius/attribute.ts";
import { shippedDictionary as dictionary } from "../../support/wire.ts";
import { secondImplementation as radius } from "./second-implementation.ts";

/** Where it does not say what the RFC says, or we read several as one. */
const apart = new Set([
  "Message-Authenticator",
  "EAP-Message",
  "NAS-Filter-Rule",
  // Octets in the RFC, text in its dictionaries, or the other way round.
  "EAP-Key-Name",
  "Chargeable-User-Identity",
  "ADSL-Agent-Circuit-Id",
  "ADSL-Agent-Remote-Id",
  "Extended-Location-Policy-Rules",
  // It misspells a value.
  "Location-Capable",
  "Requested-Location-Info",
]);

function isShared(definition: AttributeDefinition): boolean {
  const { name, oid, number, type, encrypt, vendor } = definition;
  const isRight = ["string", "octets", "integer", "date", "ipaddr"].includes(type) && encrypt === 0;
  const isCommon = vendor ? oid === `26.${vendor.number}.${number}` : oid === String(number);
  const isOnlyName = dictionary.attributes().filter((other) => other.oid === oid).length === 1;
  return (
    isRight &&
    isCommon &&
    isOnlyName &&
    !apart.has(name) &&
    radius.attr_name_to_id(name, vendor?.number) === String(number)
  );
}

// It loads its dictionaries with the first packet.
radius.encode({ code: "Status-Server", secret: "any" });
export const shared = dictionary.attributes().filter(isShared);

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter((all) => {
  const octets = Buffer.from(all);
  return octets.length <= 60 && octets.readUInt8(0) > 0x1f;
});
const octets = (length: number | undefined) =>
  fc
    .uint8Array(length === undefined ? { minLength: 1, maxLength: 40 } : { minLength: length, maxLength: length })
    .map((all) => Buffer.from(all));

export function valuesOf({ type, length, hasTag, name }: AttributeDefinition): fc.Arbitrary<AttributeValue> {
  const named = [...Array(300).keys()].filter((number) => dictionary.valueName(name, number) !== undefined);
  const any = fc.integer({ min: 0, max: hasTag ? 0xffffff : 0xffffffff });
  if (type === "string") return text;
  if (type === "octets") return octets(length);
  if (type === "ipaddr") return fc.ipV4();
  return named.length === 0 ? any : fc.oneof(any, fc.constantFrom(...named));
}

const anyShared: fc.Arbitrary<Attribute> = fc.constantFrom(...shared).chain((definition) =>
  fc.record({
    name: fc.constant(definition.name),
    value: valuesOf(definition),
    ...(definition.hasTag ? { tag: fc.integer({ min: 1, max: 31 }) } : {}),
  }),
);
/** What several of a name with tags come to with it cannot be told apart. */
export const lists = fc
  .array(anyShared, { minLength: 1, maxLength: 25 })
  .map((all) =>
    all.filter(({ name, tag }, at) => tag === undefined || all.findIndex((one) => one.name === name) === at),
  );

/** It puts the tag of one attribute before the octets of the next too: nothing but a number may stand behind a tag. */
export const forThemToEncode = lists.map((list) => [
  ...list.filter(({ tag }) => tag === undefined),
  ...list.filter(({ tag }) => tag !== undefined),
  { name: "NAS-Port", value: 0 },
]);

const takenNames = new Map<string, boolean>();

/** Whether it knows that name of a number: vendors name numbers of the RFCs' attributes too. */
function knowsName(attribute: AttributeDefinition, valueName: string): boolean {
  const key = `${attribute.name} ${valueName}`;
  const known = takenNames.get(key);
  if (known !== undefined) return known;
  const plain: TheirAttribute = [attribute.name, valueName];
  const attributes: TheirAttribute[] = attribute.vendor
    ? [["Vendor-Specific", attribute.vendor.number, [plain]]]
    : [plain];
  let isTaken = true;
  try {
    radius.encode({ code: "Accounting-Request", secret: "any", attributes });
  } catch {
    isTaken = false;
  }
  takenNames.set(key, isTaken);
  return isTaken;
}

export function inTheirWords({ name, value }: Attribute): string | number | Date | Buffer {
  const definition = dictionary.attribute(name);
  if (definition?.type === "date") return new Date(Number(value) * 1000);
  if (definition?.type !== "integer") return Buffer.isBuffer(value) ? value : String(value);
  const valueName = dictionary.valueName(name, Number(value));
  return valueName !== undefined && knowsName(definition, valueName) ? valueName : Number(value);
}

export function asTheyEncode(attribute: Attribute): TheirAttribute {
  const value = inTheirWords(attribute);
  const plain: TheirAttribute =
    attribute.tag === undefined ? [attribute.name, value] : [attribute.name, attribute.tag, value];
  const vendor = dictionary.attribute(attribute.name)?.vendor;
  return vendor ? ["Vendor-Specific", vendor.number, [plain]] : plain;
}

export function asTheyDecode(list: readonly Attribute[]): Record<string, unknown> {
  const top = new Map<string, TheirValue[]>();
  const below = new Map<string, TheirValue[]>();
  for (const attribute of list) {
    const value = inTheirWords(attribute);
    const all = dictionary.attribute(attribute.name)?.vendor ? below : top;
    all.set(attribute.name, [
      ...(all.get(attribute.name) ?? []),
      attribute.tag === undefined ? value : [attribute.tag, value],
    ]);
  }
  const said = (all: Map<string, TheirValue[]>) =>
    Object.fromEntries([...all].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
  return below.size === 0 ? said(top) : { ...said(top), "Vendor-Specific": said(below) };
}
