import type { Dictionary, Vendor } from "../dictionary/dictionary.ts";
import { commonFormat, cutItems, type Item } from "./cut-items.ts";
import { filterRules } from "./filter-rules.ts";
import type { Located } from "./located.ts";
import type { RawAttribute } from "./packet.ts";

const VENDOR_SPECIFIC = 26;
const NAS_FILTER_RULE = 92;
const MORE = 0x80;
const MOST_VALUE_OCTETS = 253;

function vendorItem(vendorOid: string, item: Item, raw: RawAttribute): Located {
  const { number, octets, goesOn, hasReservedBits, whole } = item;
  const located = { oid: `${vendorOid}.${number}`, octets };
  if (!goesOn && !hasReservedBits) return located;
  const isOdd = hasReservedBits || raw.value.length < MOST_VALUE_OCTETS;
  return { ...located, goesOn, isOdd, whole: { oid: vendorOid, octets: whole } };
}

/** What stands in a Vendor-Specific; that of a vendor nobody knows looks like several by chance, if it does. */
function itemsOf(vendor: Vendor | undefined, inner: Buffer): Item[] | undefined {
  const items = cutItems(inner, vendor?.format ?? commonFormat);
  return vendor === undefined && items !== undefined && items.length > 1 ? undefined : items;
}

function locateVendor(dictionary: Dictionary, raw: RawAttribute): Located[] {
  if (raw.value.length < 5) return [{ oid: String(raw.type), octets: raw.value }];
  const number = raw.value.readUInt32BE(0);
  const inner = raw.value.subarray(4);
  const oid = `${VENDOR_SPECIFIC}.${number}`;
  const items = itemsOf(dictionary.vendor(number), inner);
  return items ? items.map((item) => vendorItem(oid, item, raw)) : [{ oid, octets: inner }];
}

function locateExtended(raw: RawAttribute): Located {
  const isLong = raw.type >= 245;
  const header = isLong ? 2 : 1;
  const whole = { oid: String(raw.type), octets: raw.value };
  const number = raw.value[0];
  if (number === undefined || raw.value.length < header) return whole;
  const located = { oid: `${raw.type}.${number}`, octets: raw.value.subarray(header) };
  if (!isLong) return located;
  const flags = raw.value.readUInt8(1);
  const goesOn = (flags & MORE) !== 0;
  // RFC 6929 section 2.2: only a full attribute goes on, and one that ends before its end is invalid.
  if (goesOn && raw.value.length < MOST_VALUE_OCTETS) return whole;
  return { ...located, goesOn, whole, isOdd: (flags & ~MORE) !== 0 };
}

function locate(dictionary: Dictionary, raw: RawAttribute): Located[] {
  if (raw.type === VENDOR_SPECIFIC) return locateVendor(dictionary, raw);
  if (raw.type >= 241 && raw.type <= 246) return [locateExtended(raw)];
  return [{ oid: String(raw.type), octets: raw.value }];
}

/** Every value of a packet with its number path; those in fragments are still in fragments. */
export function locateValues(dictionary: Dictionary, raw: readonly RawAttribute[]): Located[] {
  const rules = filterRules(raw);
  return raw.flatMap((one, index) => {
    if (one.type !== NAS_FILTER_RULE) return locate(dictionary, one);
    if (!rules) return { oid: String(NAS_FILTER_RULE), octets: one.value, isUnnamed: true };
    return raw[index - 1]?.type === NAS_FILTER_RULE ? [] : rules;
  });
}
