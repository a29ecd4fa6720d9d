import type { AttributeDefinition, Dictionary, VendorFormat } from "../dictionary/dictionary.ts";
import type { Attribute, AttributeSecrets } from "./attribute.ts";
import type { RawAttribute } from "./packet.ts";
import { decodeSingle } from "./single-value.ts";

const VENDOR_SPECIFIC = 26;
const NAS_FILTER_RULE = 92;
const MORE = 0x80;
const MOST_VALUE_OCTETS = 253;
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
  /** Where one may go on: the whole that it stands in, kept instead where it does not go on as it should. */
  readonly whole?: Located;
  /** What stands on the wire, where that is more than the value's octets. */
  readonly written?: Buffer;
  /** To be kept as octets, whatever the dictionary knows of the number. */
  readonly isUnnamed?: boolean;
}

const unknown = ({ oid, octets }: Located): Attribute => ({ name: `Attr-${oid}`, value: octets });

interface Item {
  readonly number: number;
  readonly octets: Buffer;
  readonly goesOn: boolean;
  /** With its header. */
  readonly whole: Buffer;
}

/** Cuts octets into type-length-value items; undefined where a length does not fit. */
function cut(octets: Buffer, format: VendorFormat): Item[] | undefined {
  const { typeOctets, lengthOctets, hasContinuation } = format;
  const header = typeOctets + lengthOctets + (hasContinuation ? 1 : 0);
  const items: Item[] = [];
  for (let at = 0; at < octets.length; ) {
    if (at + header > octets.length) return undefined;
    const number = octets.readUIntBE(at, typeOctets);
    const size = lengthOctets === 0 ? octets.length - at : octets.readUIntBE(at + typeOctets, lengthOctets);
    if (size < header || at + size > octets.length) return undefined;
    const goesOn = hasContinuation && ((octets[at + header - 1] as number) & MORE) !== 0;
    const whole = hasContinuation ? octets.subarray(at, at + size) : octets;
    items.push({ number, octets: octets.subarray(at + header, at + size), goesOn, whole });
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
  if (!items) return [{ oid, octets: inner }];
  return items.map(({ number, octets, goesOn, whole }) => {
    const located = { oid: `${oid}.${number}`, octets };
    return goesOn ? { ...located, goesOn, whole: { oid, octets: whole } } : located;
  });
}

function locateExtended(raw: RawAttribute): Located {
  const isLong = raw.type >= 245;
  const header = isLong ? 2 : 1;
  const number = raw.value[0];
  if (number === undefined || raw.value.length < header) return { oid: String(raw.type), octets: raw.value };
  const located = { oid: `${raw.type}.${number}`, octets: raw.value.subarray(header) };
  if (!isLong) return located;
  const goesOn = ((raw.value[1] as number) & MORE) !== 0;
  const whole = { oid: String(raw.type), octets: raw.value };
  // RFC 6929 section 2.2: only a full attribute goes on, and one that ends before its end is invalid.
  return goesOn && raw.value.length < MOST_VALUE_OCTETS ? whole : { ...located, goesOn, whole };
}

/** An Extended-Vendor-Specific holds vendor and type before the value (RFC 6929 section 2.4). */
function insideVendor(located: Located): Located {
  if (!located.oid.endsWith(".26") || located.octets.length < 5 || !/^24[1-6]\.26$/.test(located.oid)) return located;
  const oid = `${located.oid}.${located.octets.readUInt32BE(0)}.${located.octets[4]}`;
  return { oid, octets: located.octets.subarray(5) };
}

function locate(context: Context, raw: RawAttribute): Located[] {
  if (raw.type === VENDOR_SPECIFIC) return locateVendor(context, raw);
  if (raw.type >= 241 && raw.type <= 246) return [locateExtended(raw)];
  return [{ oid: String(raw.type), octets: raw.value }];
}

/** Whether a value runs on into the next one of the same number. */
const runsOn = ({ dictionary }: Context, { oid, goesOn }: Located): boolean =>
  goesOn === true || dictionary.find(oid)?.isConcat === true;

function joinedParts(parts: readonly Located[]): Located[] {
  const [first] = parts;
  if (first === undefined) return [];
  if (parts.at(-1)?.goesOn) return parts.map((part) => part.whole ?? part);
  return [parts.length === 1 ? first : { oid: first.oid, octets: Buffer.concat(parts.map(({ octets }) => octets)) }];
}

/** Joins what goes on: fragments, and neighbours of an attribute whose value may run over several. */
function join(context: Context, located: readonly Located[]): Located[] {
  const joined: Located[] = [];
  let parts: Located[] | undefined;
  let last: Located | undefined;
  for (const one of located) {
    if (last?.oid === one.oid && runsOn(context, last)) {
      parts ??= [last];
      parts.push(one);
    } else if (last) {
      joined.push(...(parts || last.goesOn ? joinedParts(parts ?? [last]) : [last]));
      parts = undefined;
    }
    last = one;
  }
  if (last) joined.push(...joinedParts(parts ?? [last]));
  return joined;
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
  const definition = located.isUnnamed ? undefined : context.dictionary.find(located.oid);
  if (!definition) return unknown(located);
  if (definition.type === "tlv") return decodeTlv(context, definition, located.octets, depth);
  const attribute = decodeSingle(definition, located.octets, context.secrets);
  return located.written ? { ...attribute, octets: located.written } : attribute;
}

function textsBetweenNuls(octets: Buffer): Buffer[] {
  const texts: Buffer[] = [];
  for (let at = 0; at <= octets.length; ) {
    const end = octets.indexOf(0, at);
    const until = end === -1 ? octets.length : end;
    texts.push(octets.subarray(at, until));
    at = until + 1;
  }
  return texts;
}

/**
 * The filter rules of a packet: neighbours that are one text with NULs between its rules, however it is cut (RFC 4849
 * section 2). undefined: what is there is no such text, and stays as it is.
 */
function filterRules(raw: readonly RawAttribute[]): readonly Located[] | undefined {
  const first = raw.findIndex(({ type }) => type === NAS_FILTER_RULE);
  if (first < 0) return undefined;
  const all = raw.filter(({ type }) => type === NAS_FILTER_RULE);
  const areNeighbours = raw.slice(first, first + all.length).every(({ type }) => type === NAS_FILTER_RULE);
  const texts = textsBetweenNuls(Buffer.concat(all.map(({ value }) => value)));
  return areNeighbours && texts[0]?.length ? rulesOf(texts) : undefined;
}

/** Some end each rule with a NUL: what is empty belongs to the rule before it. */
function rulesOf(texts: readonly Buffer[]): Located[] {
  const oid = String(NAS_FILTER_RULE);
  const rules: Located[] = [];
  for (const octets of texts) {
    const last = rules.at(-1);
    if (octets.length > 0 || !last) rules.push({ oid, octets });
    else rules[rules.length - 1] = { ...last, written: Buffer.concat([last.written ?? last.octets, Buffer.of(0)]) };
  }
  return rules;
}

function locateAll(context: Context, raw: readonly RawAttribute[]): Located[] {
  const oid = String(NAS_FILTER_RULE);
  const rules = filterRules(raw);
  return raw.flatMap((one, index) => {
    if (one.type !== NAS_FILTER_RULE) return locate(context, one);
    if (!rules) return { oid, octets: one.value, isUnnamed: true };
    return raw[index - 1]?.type === NAS_FILTER_RULE ? [] : rules;
  });
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
  return join(context, locateAll(context, raw)).map((located) => decodeOne(context, insideVendor(located)));
}
