import type { CommandIo } from "./command-io.ts";

interface Parsed {
  readonly values: { readonly help?: boolean | undefined };
  readonly positionals: readonly string[];
}

interface Form {
  readonly command: string;
  readonly usage: string;
  /** How many arguments beside the options: at least, and at most. */
  readonly count: readonly [least: number, most: number];
}

export type Arguments<Given> =
  | { readonly kind: "given"; readonly given: Given }
  /** Help was shown (0), or what is wrong (2). */
  | { readonly kind: "done"; readonly code: number };

/** Says what is wrong and where the usage is: the whole of it would push the one line that counts off the screen. */
export function wrongUsage(io: CommandIo, { command }: Pick<Form, "command">, problem: string): 2 {
  io.stderr.write(`weir ${command}: ${problem}\nsee: weir ${command} --help\n`);
  return 2;
}

/** Runs `parse` (node:util's parseArgs with its options, `help` among them), and answers --help and wrong usage itself. */
export function readArguments<Given extends Parsed>(io: CommandIo, form: Form, parse: () => Given): Arguments<Given> {
  let given: Given;
  try {
    given = parse();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { kind: "done", code: wrongUsage(io, form, problem.replace(/\. To specify a positional.*$/s, "")) };
  }
  if (given.values.help) {
    io.stdout.write(form.usage);
    return { kind: "done", code: 0 };
  }
  const [least, most] = form.count;
  const { positionals } = given;
  if (positionals.length < least) return { kind: "done", code: wrongUsage(io, form, "an argument is missing") };
  if (positionals.length > most)
    return { kind: "done", code: wrongUsage(io, form, `"${positionals[most]}" is one argument too many`) };
  return { kind: "given", given };
}
