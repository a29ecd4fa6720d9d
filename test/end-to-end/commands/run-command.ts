import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { CommandIo } from "../../../src/commands/command-io.ts";

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Run = (args: readonly string[], io: CommandIo) => Promise<number>;

/** Runs a command in this process, with its own configuration from `environment` and what it reads from `stdin`. */
export async function runCommand(
  run: Run,
  args: readonly string[],
  { stdin = "", environment = {} }: { stdin?: string | Buffer; environment?: Readonly<Record<string, string>> } = {},
): Promise<CommandRun> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written = Promise.all([text(stdout), text(stderr)]);
  Object.assign(process.env, environment);
  const code = await run(args, { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr });
  for (const stream of [stdout, stderr]) stream.end();
  await Promise.all([once(stdout, "close"), once(stderr, "close")]);
  const [out, err] = await written;
  return { code, out, err };
}
