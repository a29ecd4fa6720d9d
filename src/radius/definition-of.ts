import type { AttributeDefinition, Dictionary, Vendor, VendorFormat } from "../dictionary/dictionary.ts";
import { RadiusError } from "./radius-error.ts";

const VENDOR_SPECIFIC = 26;
const FIRST_EXTENDED = 241;
const LAST_EXTENDED = 246;
const ONE_OCTET = 0xff;
const FOUR_OCTETS = 0xffff_ffff;

const commonFormat: VendorFormat = { typeOctets: 1, lengthOctets: 1, hasContinuation: false };

const vendorOf = (dictionary: Dictionary, number: number): Vendor =>
  dictionary.vendor(number) ?? { name: String(number), number, format: commonFormat };

/** Where in a path the vendor stands: after 26, or after 26 below an extended attribute. */
function vendorPlace([type = 0, second]: readonly number[]): number | undefined {
  if (type === VENDOR_SPECIFIC) return 1;
  return type >= FIRST_EXTENDED && type <= LAST_EXTENDED && second === VENDOR_SPECIFIC ? 2 : undefined;
}

/** Whether each number has room where it stands. An Extended-Vendor-Specific with a vendor and nothing of it has no form. */
function isOnTheWire(path: readonly number[], vendor: Vendor | undefined): boolean {
  const place = vendorPlace(path);
  if (place === 2 && path.length === 3) return false;
  const mostOfVendor = place === 1 ? 2 ** (8 * (vendor?.format.typeOctets ?? 1)) - 1 : ONE_OCTET;
  return path.every((number, index) => {
    if (index === place) return number <= FOUR_OCTETS;
    return number <= (place !== undefined && index === place + 1 ? mostOfVendor : ONE_OCTET);
  });
}

/** The definition of a name; "Attr-<oid>" stands for what no dictionary names. Throws RadiusError: unknown-attribute. */
export function definitionOf(dictionary: Dictionary, name: string): AttributeDefinition {
  const known = dictionary.attribute(name);
  if (known) return known;
  const [, written] = /^Attr-(\d{1,3}(?:\.\d{1,10})*)$/i.exec(name) ?? [];
  const path = written?.split(".").map(Number) ?? [];
  const vendorNumber = path[vendorPlace(path) ?? path.length];
  const vendor = vendorNumber === undefined ? undefined : vendorOf(dictionary, vendorNumber);
  const number = path.at(-1);
  if (number === undefined || !isOnTheWire(path, vendor))
    throw new RadiusError("unknown-attribute", `there is no attribute ${name}`);
  return {
    name,
    oid: path.join("."),
    number,
    type: "octets",
    hasTag: false,
    encrypt: 0,
    isConcat: false,
    ...(vendor ? { vendor } : {}),
  };
}
