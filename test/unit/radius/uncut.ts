import type { RawAttribute } from "../../../src/radius/packet.ts";

interface Part {
  readonly key: string;
  value: Buffer;
}

/** A vendor's attributes of format 1,1, each by itself; undefined: no such. */
function itemsIn(value: Buffer): Part[] | undefined {
  if (value.length < 5) return undefined;
  const items: Part[] = [];
  for (let at = 4; at < value.length; ) {
    const size = value[at + 1] ?? 0;
    if (size < 2 || at + size > value.length) return undefined;
    const key = `26.${value.readUInt32BE(0)}.${value[at]}`;
    items.push({ key, value: value.subarray(at + 2, at + size) });
    at += size;
  }
  return items;
}

/**
 * Attributes in a form in which only that differs which means something: each of a vendor's by itself, and EAP-Message
 * and NAS-Filter-Rule, which run over several, in one piece.
 */
export function uncut(raw: readonly RawAttribute[]): string[] {
  const all: Part[] = [];
  for (const { type, value } of raw) {
    const items = type === 26 ? itemsIn(value) : undefined;
    const last = all.at(-1);
    if (items) all.push(...items);
    else if ((type === 79 || type === 92) && last?.key === String(type))
      last.value = Buffer.concat([last.value, value]);
    else all.push({ key: String(type), value });
  }
  return all.map(({ key, value }) => `${key} ${value.toString("hex")}`);
}
