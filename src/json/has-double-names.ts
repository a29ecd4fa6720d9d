/** The quote that ends the text which begins at `start`, in valid JSON. */
function endOfText(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  // A quote after an odd number of backslashes belongs to the text.
  for (; end !== -1 && isEscaped(json, end); end = json.indexOf('"', end + 1));
  return end === -1 ? json.length : end;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json[at - 1 - backslashes] === "\\") backslashes += 1;
  return backslashes % 2 === 1;
}

/** Where the blanks that JSON allows between two tokens end (RFC 8259 section 2): each is looked at once. */
function afterBlanks(json: string, start: number): number {
  let at = start;
  while (" \t\n\r".includes(json[at] ?? ":")) at += 1;
  return at;
}

/** How many names of fields stand in valid JSON: texts that a colon follows. */
function namesIn(json: string): number {
  let names = 0;
  for (let at = json.indexOf('"'); at !== -1; at = json.indexOf('"', at + 1)) {
    at = endOfText(json, at);
    if (json[afterBlanks(json, at + 1)] === ":") names += 1;
  }
  return names;
}

function fieldsIn(value: unknown): number {
  let fields = 0;
  for (let level = [value]; level.length > 0; ) {
    const objects = level.filter((one) => typeof one === "object" && one !== null);
    for (const one of objects) if (!Array.isArray(one)) fields += Object.keys(one).length;
    level = objects.flatMap((one) => Object.values(one));
  }
  return fields;
}

/**
 * Whether some object in `json` has a name twice: which of the two counts differs from reader to reader (RFC 8259 section
 * 4), so that who checks a body and who acts on it may see two things. `value`: what was read from it.
 */
export const hasDoubleNames = (json: string, value: unknown): boolean => namesIn(json) > fieldsIn(value);
