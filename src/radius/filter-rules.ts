import type { Located } from "./located.ts";
import type { RawAttribute } from "./packet.ts";

const NAS_FILTER_RULE = 92;

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

/**
 * The filter rules of a packet: neighbours that are one text with NULs between its rules, however it is cut (RFC 4849
 * section 2). undefined: what is there is no such text, and stays as it is.
 */
export function filterRules(raw: readonly RawAttribute[]): readonly Located[] | undefined {
  const first = raw.findIndex(({ type }) => type === NAS_FILTER_RULE);
  if (first < 0) return undefined;
  const all = raw.filter(({ type }) => type === NAS_FILTER_RULE);
  const areNeighbours = raw.slice(first, first + all.length).every(({ type }) => type === NAS_FILTER_RULE);
  const texts = textsBetweenNuls(Buffer.concat(all.map(({ value }) => value)));
  return areNeighbours && texts[0]?.length ? rulesOf(texts) : undefined;
}
