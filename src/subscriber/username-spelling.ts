import { hash } from "node:crypto";
import { isHexText, octetsOfText } from "../radius/octets-text.ts";

/** What a B-tree of PostgreSQL takes is 2,704 octets: NFKC makes up to 18 characters of one. */
const LONGEST = 600;
const ASCII = /^[\x20-\x7e]*$/;

/**
 * Case folding as in CaseFolding.txt, which JavaScript lacks: "ß" and "ẞ" are "ss", "ς" is "σ". The dotless "ı" stays
 * what it is, as there: only Turkish takes it for an "I".
 */
const foldCase = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^ı]+/gu, (part) => part.toUpperCase().toLowerCase())
    .replaceAll("ς", "σ");

/** NFKC_Casefold of the Unicode Standard (section 3.13). */
const fold = (text: string): string =>
  foldCase(text.normalize("NFKC"))
    .replace(/\p{Default_Ignorable_Code_Point}+/gu, "")
    .normalize("NFKC");

/**
 * What all spellings of one username have in common, however they are written: upper case, composed or not, full width,
 * with invisible characters, with white space around. The one rule for it: usernames are stored with theirs
 * (subscriber_username.spelling) and sought by it. `username` as a person or a file gives it.
 */
export function usernameSpelling(username: string): string {
  if (ASCII.test(username)) return username.trim().toLowerCase();
  const folded = fold(username).trim();
  return folded.length > LONGEST ? `sha256:${hash("sha256", folded)}` : folded;
}

/**
 * The same for a User-Name as a packet brings it, whose octets may be kept as "0x" and hex (radius/octets-text.ts). NULs at
 * the end, and what surrounds them, are no part of it, and one that is itself written like hex is found as an operator
 * wrote it. Octets that are no UTF-8 have no other spelling: nobody knows which of them are letters, and a part of them
 * may tell one customer's line from another's.
 */
export const spellingOfHeard = (username: string): string => usernameSpelling(textOf(username));

function textOf(username: string): string {
  if (!isHexText(username)) return username;
  const text = octetsOfText(username)
    .toString("utf8")
    .replace(/[\0\s]+$/, "");
  return text.includes("\0") || text.includes("\ufffd") ? username : text;
}
