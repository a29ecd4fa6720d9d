import type { Dictionary } from "../dictionary/dictionary.ts";
import type { Located } from "./located.ts";

/** An Extended-Vendor-Specific holds vendor and type before the value (RFC 6929 section 2.4). */
function insideVendor(located: Located): Located {
  if (!located.oid.endsWith(".26") || located.octets.length < 5 || !/^24[1-6]\.26$/.test(located.oid)) return located;
  const oid = `${located.oid}.${located.octets.readUInt32BE(0)}.${located.octets[4]}`;
  return { oid, octets: located.octets.subarray(5) };
}

/** Whether a value runs on into the next one of the same number. */
const runsOn = (dictionary: Dictionary, { oid, goesOn }: Located): boolean =>
  goesOn === true || dictionary.find(oid)?.isConcat === true;

/** An Extended-Vendor-Specific that holds no vendor's attribute is octets to us. */
function isKnown(dictionary: Dictionary, oid: string): boolean {
  const definition = dictionary.find(oid);
  return definition !== undefined && definition.type !== "evs";
}

const hasEmptyEnd = (parts: readonly Located[]): boolean =>
  parts.length > 1 && parts.at(-1)?.octets.length === 0 && parts.some((part) => part.whole);

function joinedParts(dictionary: Dictionary, parts: readonly Located[]): Located[] {
  const [first] = parts;
  if (first === undefined) return [];
  const octets = parts.length === 1 ? first.octets : Buffer.concat(parts.map((part) => part.octets));
  const joined = insideVendor({ ...first, octets });
  const isOdd = hasEmptyEnd(parts) || parts.some((part) => part.isOdd);
  const areKept = parts.at(-1)?.goesOn || (isOdd && !isKnown(dictionary, joined.oid));
  return areKept ? parts.map((part) => part.whole ?? part) : [joined];
}

/**
 * Joins what goes on: fragments, and neighbours of an attribute whose value may run over several. Fragments that do not
 * go on as they should are kept as they stand, and so are those of a number that nobody knows, where we would cut them
 * in another way.
 */
export function joinFragments(dictionary: Dictionary, located: readonly Located[]): Located[] {
  const joined: Located[] = [];
  let parts: Located[] | undefined;
  for (const [index, one] of located.entries()) {
    const next = located[index + 1];
    if (next?.oid === one.oid && runsOn(dictionary, one)) {
      parts ??= [];
      parts.push(one);
    } else if (parts || one.goesOn || one.isOdd) {
      joined.push(...joinedParts(dictionary, [...(parts ?? []), one]));
      parts = undefined;
    } else joined.push(insideVendor(one));
  }
  return joined;
}
