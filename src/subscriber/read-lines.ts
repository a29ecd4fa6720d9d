import type { Readable } from "node:stream";
import { TextDecoder } from "node:util";

/** A line of a file, by its number from 1, blank ones counted; or what is wrong with it. */
export type FileLine =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly fault: string };

const NEWLINE = 0x0a;
const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);

/** No record is anywhere near this; a line that never ends must not fill the memory. */
const LINE_OCTETS = 64 * 1024;

// What is not UTF-8 would be stored as question marks that no one can read back. The mark is taken off by hand.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The lines of a file that are not blank, without their ends and a byte order mark, no faster than they are taken. */
export async function* readLines(file: Readable): AsyncGenerator<FileLine> {
  let number = 0;
  for await (const octets of rawLines(file)) {
    number += 1;
    const line = octets && number === 1 ? withoutByteOrderMark(octets) : octets;
    const read = readLine(line);
    if ("fault" in read || read.text.trim() !== "") yield { number, ...read };
  }
}

function readLine(octets: Buffer | undefined): { readonly text: string } | { readonly fault: string } {
  if (!octets) return { fault: `is longer than ${LINE_OCTETS} octets` };
  try {
    return { text: utf8.decode(octets).replace(/\r$/, "") };
  } catch {
    return { fault: "is not UTF-8" };
  }
}

/** undefined stands for a line of more than LINE_OCTETS. */
async function* rawLines(file: Readable): AsyncGenerator<Buffer | undefined> {
  let rest: Buffer[] = [];
  let length = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      length += end - start;
      yield length > LINE_OCTETS ? undefined : Buffer.concat([...rest, chunk.subarray(start, end)]);
      rest = [];
      length = 0;
      start = end + 1;
    }
    length += chunk.length - start;
    rest = length > LINE_OCTETS ? [] : [...rest, Buffer.from(chunk.subarray(start))];
  }
  if (length > 0) yield length > LINE_OCTETS ? undefined : Buffer.concat(rest);
}

const withoutByteOrderMark = (line: Buffer): Buffer =>
  line.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? line.subarray(byteOrderMark.length) : line;
