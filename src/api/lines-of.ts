import { TextDecoder } from "node:util";

const NEWLINE = 0x0a;

/**
 * The lines of a body that are not empty, at most `most` and one more, so that whoever asked sees that there are too many.
 * undefined: a line that is not UTF-8.
 */
export function linesOf(body: Buffer, most: number): (string | undefined)[] {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const lines: (string | undefined)[] = [];
  for (let start = 0; start < body.length && lines.length <= most; ) {
    const end = body.indexOf(NEWLINE, start);
    const line = decoded(decoder, body.subarray(start, end === -1 ? undefined : end));
    if (line === undefined || line.trim() !== "") lines.push(line);
    start = end === -1 ? body.length : end + 1;
  }
  return lines;
}

function decoded(decoder: TextDecoder, octets: Buffer): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}
