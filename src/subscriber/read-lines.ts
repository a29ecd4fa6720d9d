import type { Readable } from "node:stream";

const NEWLINE = 0x0a;
const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);

/** No record is anywhere near this; a line that never ends must not fill the memory. */
export const LINE_OCTETS = 64 * 1024;

/**
 * The lines of a file that are not blank, without their ends and a byte order mark, no faster than they are taken.
 * undefined stands for a line of more than LINE_OCTETS.
 */
export async function* readLines(file: Readable): AsyncGenerator<string | undefined> {
  let isFirst = true;
  for await (const octets of rawLines(file)) {
    const line = octets && isFirst ? withoutByteOrderMark(octets) : octets;
    isFirst = false;
    const text = line?.toString("utf8").replace(/\r$/, "");
    if (text === undefined || text.trim() !== "") yield text;
  }
}

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
