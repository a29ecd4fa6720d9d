import type { AttributeDefinition, Dictionary, VendorFormat } from "../dictionary/dictionary.ts";
import type { Attribute, AttributeSecrets } from "./attribute.ts";
import type { RawAttribute } from "./packet.ts";
import { decodeSingle } from "./single-value.ts";

const VENDOR_SPECIFIC = 26;
const NAS_FILTER_RULE = 92;
const MORE = 0x80;
const MOST_DEPTH = 8;
const commonFormat: VendorFormat = { typeOctets: 1, lengthOctets: 1, hasContinuation: false };

interface Context {
  readonly dictionary: Dictionary;
  readonly secrets: AttributeSecrets;
}

/** A value with the number path of where it stood. */
interface Located {
  readonly oid: string;
  readonly octets: Buffer;
  /** Said to go on in the next attribute of the same number. */
  readonly goesOn?: boolean;
}

const unknown = ({ oid, octets }: Located): Attribute => ({ name: `Attr-${oid}`, value: octets });

/** Cuts octets into type-length-value items; undefined where a length does not fit. */
function cut(octets: Buffer, format: VendorFormat): { number: number; octets: Buffer; goesOn: boolean }[] | undefined {
  const { typeOctets, lengthOctets, hasContinuation } = format;
  const header = typeOctets + lengthOctets + (hasContinuation ? 1 : 0);
  const items: { number: number; octets: Buffer; goesOn: boolean }[] = [];
  for (let at = 0; at < octets.length; ) {
    if (at + header > octets.length) return undefined;
    const number = octets.readUIntBE(at, typeOctets);
    const size = lengthOctets === 0 ? octets.length - at : octets.readUIntBE(at + typeOctets, lengthOctets);
    if (size < header || at + size > octets.length) return undefined;
    const goesOn = hasContinuation && ((octets[at + header - 1] as number) & MORE) !== 0;
    items.push({ number, octets: octets.subarray(at + header, at + size), goesOn });
    at += size;
  }
  return items.length > 0 ? items : undefined;
}

function locateVendor({ dictionary }: Context, raw: RawAttribute): Located[] {
  if (raw.value.length < 5) return [{ oid: String(raw.type), octets: raw.value }];
  const number = raw.value.readUInt32BE(0);
  const inner = raw.value.subarray(4);
  const items = cut(inner, dictionary.vendor(number)?.format ?? commonFormat);
  const oid = `${VENDOR_SPECIFIC}.${number}`;
  return items?.map((item) => ({ ...item, oid: `${oid}.${item.number}` })) ?? [{ oid, octets: inner }];
}

function locateExtended(raw: RawAttribute): Located {
  const isLong = raw.type >= 245;
  const header = isLong ? 2 : 1;
  const number = raw.value[0];
  if (number === undefined || raw.value.length < header) return { oid: String(raw.type), octets: raw.value };
  const goesOn = isLong && ((raw.value[1] as number) & MORE) !== 0;
  return { oid: `${raw.type}.${number}`, octets: raw.value.subarray(header), goesOn };
}

/** An Extended-Vendor-Specific holds vendor and type before the value (RFC 6929 section 2.4). */
function insideVendor(located: Located): Located {
  const isExtendedVendor = /^24[1-6]\.26$/.test(located.oid);
  if (!isExtendedVendor || located.octets.length < 5) return located;
  const oid = `${located.oid}.${located.octets.readUInt32BE(0)}.${located.octets[4]}`;
  return { oid, octets: located.octets.subarray(5) };
}

function locate(context: Context, raw: RawAttribute): Located[] {
  if (raw.type === VENDOR_SPECIFIC) return locateVendor(context, raw);
  if (raw.type >= 241 && raw.type <= 246) return [locateExtended(raw)];
  return [{ oid: String(raw.type), octets: raw.value }];
}

/** Joins what goes on: fragments, and neighbours of an attribute whose value may run over several. */
function join(context: Context, located: readonly Located[]): Located[] {
  const joined: { oid: string; octets: Buffer[]; goesOn: boolean }[] = [];
  for (const { oid, octets, goesOn = false } of located) {
    const last = joined.at(-1);
    const isNext =
      last?.oid === oid && (last.goesOn || context.dictionary.find(oid)?.isConcat || oid === String(NAS_FILTER_RULE));
    if (last && isNext) {
      last.octets.push(octets);
      last.goesOn = goesOn;
    } else joined.push({ oid, octets: [octets], goesOn });
  }
  return joined.map(({ oid, octets }) => ({
    oid,
    octets: octets.length === 1 ? (octets[0] as Buffer) : Buffer.concat(octets),
  }));
}

function decodeTlv(context: Context, definition: AttributeDefinition, octets: Buffer, depth: number): Attribute {
  const items = depth < MOST_DEPTH ? cut(octets, commonFormat) : undefined;
  if (!items) return { name: definition.name, value: octets };
  const value = items.map((item) =>
    decodeOne(context, { oid: `${definition.oid}.${item.number}`, octets: item.octets }, depth + 1),
  );
  return { name: definition.name, value };
}

function decodeOne(context: Context, located: Located, depth = 0): Attribute {
  const definition = context.dictionary.find(located.oid);
  if (!definition) return unknown(located);
  if (definition.type === "tlv") return decodeTlv(context, definition, located.octets, depth);
  return decodeSingle(definition, located.octets, context.secrets);
}

function decodeRules(located: Located): Located[] {
  const rules: Located[] = [];
  for (let at = 0; at <= located.octets.length; ) {
    const end = located.octets.indexOf(0, at);
    const until = end === -1 ? located.octets.length : end;
    if (until > at) rules.push({ oid: located.oid, octets: located.octets.subarray(at, until) });
    at = until + 1;
  }
  return rules;
}

/**
 * Attributes on the wire → attributes by name. What no dictionary names is kept as "Attr-<oid>", and what cannot be a
 * value of its type as octets: nothing that arrived is lost. Never throws.
 */
export function decodeAttributes(
  dictionary: Dictionary,
  raw: readonly RawAttribute[],
  secrets: AttributeSecrets,
): Attribute[] {
  const context = { dictionary, secrets };
  const located = join(
    context,
    raw.flatMap((one) => locate(context, one)),
  ).map(insideVendor);
  return located
    .flatMap((one) => (one.oid === String(NAS_FILTER_RULE) ? decodeRules(one) : [one]))
    .map((one) => decodeOne(context, one));
}
