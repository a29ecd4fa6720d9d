import type { Attribute } from "../radius/attribute.ts";

/** Attributes that replace the earlier ones of their slot: by default those of the same name. */
export function replaceNoted(
  noted: readonly Attribute[],
  changes: readonly Attribute[],
  slotOf: (attribute: Attribute) => string = ({ name }) => name,
): Attribute[] {
  const replaced = new Set(changes.map(slotOf));
  return [...noted.filter((attribute) => !replaced.has(slotOf(attribute))), ...changes];
}

export const textsOf = (noted: readonly Attribute[], name: string): string[] =>
  noted.filter((attribute) => attribute.name === name).map(({ value }) => String(value));

/** The last one of a name, as a number; undefined: none, or it is no number. */
export function numberIn(noted: readonly Attribute[], name: string): number | undefined {
  const text = textsOf(noted, name).at(-1);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

export const named = (noted: readonly Attribute[], ...names: readonly string[]): Attribute[] =>
  noted.filter(({ name }) => names.includes(name));
