import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { CommandIo } from "./command-io.ts";
import { InputError } from "./input-error.ts";

/** A file's content, as it is read and no faster than it is taken. */
export interface Input {
  readonly content: Readable;
  /** Its first octets, without taking them away. */
  readonly head: Buffer;
  /** undefined: standard input. */
  readonly fileName: string | undefined;
}

const HEAD_OCTETS = 4096;

interface Peeked {
  readonly head: Buffer;
  readonly whole: AsyncIterable<Buffer>;
}

async function peek(source: AsyncIterable<Buffer>): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < HEAD_OCTETS) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* whole(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head, whole: whole() };
}

/** The octets of a file, "-" for standard input. What goes wrong is an InputError. */
export async function* fileOctets(path: string, { stdin }: Pick<CommandIo, "stdin">): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of path === "-" ? stdin : createReadStream(path)) yield Buffer.from(chunk);
  } catch (error) {
    throw new InputError(error);
  }
}

async function* unpacked(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of Readable.from(packed).compose(createGunzip())) yield Buffer.from(chunk);
  } catch (error) {
    throw error instanceof InputError ? error : new InputError(error);
  }
}

/** Opens a file, "-" for standard input; gzip is seen from its first two octets. What goes wrong is an InputError. */
export async function openInput(path: string, io: Pick<CommandIo, "stdin">): Promise<Input> {
  const packed = await peek(fileOctets(path, io));
  const isGzip = packed.head[0] === 0x1f && packed.head[1] === 0x8b;
  const plain = isGzip ? await peek(unpacked(packed.whole)) : packed;
  return { content: Readable.from(plain.whole), head: plain.head, fileName: path === "-" ? undefined : path };
}
