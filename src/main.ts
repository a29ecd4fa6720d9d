#!/usr/bin/env node
import { readFileSync } from "node:fs";

/** What each command's module exports; `run` resolves with the exit code: 0 done, 1 failed, 2 wrong usage. */
interface Command {
  readonly summary: string;
  run(
    args: readonly string[],
    io: { stdin: NodeJS.ReadableStream; stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
  ): Promise<number>;
}

/** Loaded when asked for, so that `weir radclient` doesn't wait for a web server's modules. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => await import("./commands/serve.ts"),
  migrate: async () => await import("./commands/migrate.ts"),
  key: async () => await import("./commands/key.ts"),
  lookup: async () => await import("./commands/lookup.ts"),
  import: async () => await import("./commands/import.ts"),
  report: async () => await import("./commands/report.ts"),
  bng: async () => await import("./commands/bng.ts"),
  radclient: async () => await import("./commands/radclient.ts"),
  doctor: async () => await import("./commands/doctor.ts"),
  bench: async () => await import("./commands/bench.ts"),
  demo: async () => await import("./commands/demo.ts"),
};

/** What the server starts by itself: not in the help. */
const internal: typeof commands = { "radius-worker": async () => await import("./commands/radius-worker.ts") };

async function help(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(10)} ${(await load()).summary}`),
  );
  return `usage: weir COMMAND [--help]\n\n${lines.join("\n")}\n`;
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

async function main(args: readonly string[]): Promise<number> {
  const [name = "", ...rest] = args;
  if (["help", "--help", "-h"].includes(name)) {
    process.stdout.write(await help());
    return 0;
  }
  if (["--version", "-V"].includes(name)) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const known = { ...commands, ...internal };
  const load = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!load) {
    process.stderr.write(name === "" ? await help() : `weir: there is no command "${name}"\n\n${await help()}`);
    return 2;
  }
  return await (await load()).run(rest, process);
}

/** Whatever was written must leave before the process does. */
const flushed = (stream: NodeJS.WritableStream) => new Promise((resolve) => stream.write("", resolve));

main(process.argv.slice(2)).then(
  async (code) => {
    await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
    process.exit(code);
  },
  (error: unknown) => {
    process.stderr.write(`weir: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
