import { IntakeError } from "./intake-error.ts";

/** Where a JSON value is in a text, and how much is in it. What is inside was not looked at: JSON.parse does that. */
export interface JsonExtent {
  readonly from: number;
  readonly end: number;
  /** At least as many as there are. */
  readonly values: number;
  readonly depth: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const isOpening = (code: number): boolean => code === 0x5b || code === 0x7b;
const isClosing = (code: number): boolean => code === 0x5d || code === 0x7d;

export const brokenJson = (): IntakeError => new IntakeError("malformed-json", "the body cannot be read as JSON");

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw brokenJson();
  }
}

const blank = /[ \t\r\n]*/y;

/** The first place from `at` on that is no white space. */
export function afterBlank(text: string, at: number): number {
  blank.lastIndex = at;
  blank.test(text);
  return blank.lastIndex;
}

/** The place after the string that opens at `from`. Throws malformed-json if there is none, as everything here does. */
export function afterString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = quote - 1;
    while (text.charCodeAt(escapes) === BACKSLASH && escapes > from) escapes--;
    if ((quote - escapes) % 2 === 1) return quote + 1;
  }
  throw brokenJson();
}

const scalar = /[^\s,[\]{}":]+/y;

function afterScalar(text: string, from: number): number {
  scalar.lastIndex = from;
  if (!scalar.test(text)) throw brokenJson();
  return scalar.lastIndex;
}

/** A list or object: up to the bracket that closes the first one, whichever of the two kinds it is. */
function bracketed(text: string, from: number): JsonExtent {
  let [depth, deepest, values] = [0, 0, 0];
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = afterString(text, at) - 1;
    else if (code === COMMA) values++;
    else if (isOpening(code)) {
      values++;
      deepest = Math.max(deepest, ++depth);
    } else if (isClosing(code) && --depth === 0) return { from, end: at + 1, values, depth: deepest };
  }
  throw brokenJson();
}

/** The value that begins at `from`. */
export function jsonExtent(text: string, from: number): JsonExtent {
  const code = text.charCodeAt(from);
  if (isOpening(code)) return bracketed(text, from);
  const end = code === QUOTE ? afterString(text, from) : afterScalar(text, from);
  return { from, end, values: 1, depth: 0 };
}

/** The elements of the list that opens at `open`, one after the other; returns the place after the list. */
export function* jsonElements(text: string, open: number): Generator<JsonExtent, number> {
  let at = afterBlank(text, open + 1);
  if (text[at] === "]") return at + 1;
  for (;;) {
    const element = jsonExtent(text, at);
    yield element;
    at = afterBlank(text, element.end);
    if (text[at] === "]") return at + 1;
    if (text[at] !== ",") throw brokenJson();
    at = afterBlank(text, at + 1);
  }
}
