import type { Attribution } from "../attribution/attribute.ts";

/**
 * Why an observation names no customer for sure, in words that name nobody: whoever reports learns them, and must not
 * learn who was in question. Stable; the operator's own words are the attribution's `reason`.
 */
export const notExactReasons = {
  "nobody-held-it": "nobody held the address at that time",
  "several-held-it": "several customers held the address around that time",
  "unknown-username": "the username of the session that held the address belongs to no subscriber",
  "not-surely-held": "one customer held the address around that time, but not surely at that time",
  "own-address": "the address is one of the provider's own: a resolver or a NAT",
} as const;

export type NotExactWhy = keyof typeof notExactReasons;

export const isNotExactWhy = (word: string | null): word is NotExactWhy =>
  word !== null && Object.hasOwn(notExactReasons, word);

/** Undefined: it is exact. */
export function whyNotExact({ verdict, candidates }: Attribution, isOwnAddress: boolean): NotExactWhy | undefined {
  if (verdict === "exact") return undefined;
  if (isOwnAddress) return "own-address";
  if (verdict === "none") return "nobody-held-it";
  const names = new Set(candidates.map(({ subscriber }) => subscriber));
  if (names.size > 1) return "several-held-it";
  return names.has(null) ? "unknown-username" : "not-surely-held";
}
