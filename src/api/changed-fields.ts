import { isDeepStrictEqual } from "node:util";

type Fields = Readonly<Record<string, unknown>>;

/**
 * For the audit: the fields that differ, as they were and as they are. An absent "before" means that it was made anew.
 * `given`: secrets, by the name of the field that says whether one was given, which is a change that is not shown. Undefined:
 * nothing has changed.
 */
export function changedFields(
  before: Fields | undefined,
  after: Fields,
  given: Readonly<Record<string, boolean>> = {},
): Fields | undefined {
  if (!before) return { before: null, after, ...given };
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const differing = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  if (differing.length === 0 && !Object.values(given).some(Boolean)) return undefined;
  const pick = (fields: Fields) => Object.fromEntries(differing.map((name) => [name, fields[name] ?? null]));
  return { before: pick(before), after: pick(after), ...given };
}
