/** A part of a request that PostgreSQL cannot keep as text. */
export interface Unstorable {
  readonly pointer: string;
  readonly detail: string;
}

/** PostgreSQL keeps neither U+0000 nor half of a surrogate pair, and nothing that we take needs one. */
function faultOf(text: string): string | undefined {
  if (text.includes("\0")) return "holds the character U+0000";
  return text.isWellFormed() ? undefined : "holds half of a surrogate pair, which is no character";
}

/** The first text, or name of a field, that cannot be kept. The depth of `value` must be bounded. */
export function findUnstorable(value: unknown, pointer = ""): Unstorable | undefined {
  if (typeof value === "string") {
    const detail = faultOf(value);
    return detail === undefined ? undefined : { pointer, detail };
  }
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const detail = faultOf(key);
    if (detail !== undefined) return { pointer, detail: `${detail} in the name of a field` };
    const found = findUnstorable(inner, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
