/** What no terminal shows as itself: control characters, those that turn the direction of writing, separators of lines. */
export const unseen = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  if (code.length <= 2) return short[character] ?? `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\u{${code}}`;
}

/**
 * A text from elsewhere (a username, a packet, a report) for one line on a terminal: what would move the cursor, recolour,
 * reorder or add a line is written out, as "\x1b" or "\n". Whoever chooses a User-Name must not write on the operator's screen.
 */
export const visibleText = (text: string): string => text.replace(unseen, escaped);
