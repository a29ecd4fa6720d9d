import { isDeepStrictEqual } from "node:util";

type Fields = Readonly<Record<string, unknown>>;

/** For the audit: the fields that differ, as they were and as they are. An absent "before" means that it was made anew. */
export function changedFields(before: Fields | undefined, after: Fields): { before: Fields | null; after: Fields } {
  if (!before) return { before: null, after };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const differing = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  const pick = (fields: Fields) => Object.fromEntries(differing.map((name) => [name, fields[name] ?? null]));
  return { before: pick(before), after: pick(after) };
}
