#!/usr/bin/env node
import { version } from "./commands/version.ts";
import { nearestName } from "./config/nearest-name.ts";

/** What each command's module exports; `run` resolves with the exit code: 0 done, 1 failed, 2 wrong usage. */
interface Command {
  run(
    args: readonly string[],
    io: { stdin: NodeJS.ReadableStream; stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream },
  ): Promise<number>;
}

interface Entry {
  /** For the help, which must not wait for (or break with) the modules of all commands. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Loaded when asked for, so that `weir radclient` doesn't wait for a web server's modules. */
const commands: Readonly<Record<string, Entry>> = {
  serve: {
    summary: "runs the server: RADIUS, the REST API, enforcement and jobs",
    load: async () => await import("./commands/serve.ts"),
  },
  migrate: {
    summary: "brings the database's schema up to date",
    load: async () => await import("./commands/migrate.ts"),
  },
  key: {
    summary: "makes, lists and revokes API keys",
    load: async () => await import("./commands/key.ts"),
  },
  lookup: {
    summary: "who held this address (and port) at that time",
    load: async () => await import("./commands/lookup.ts"),
  },
  import: {
    summary: "puts subscribers from a CSV or NDJSON file",
    load: async () => await import("./commands/import.ts"),
  },
  report: {
    summary: "takes in a report of abuse from a file",
    load: async () => await import("./commands/report.ts"),
  },
  bng: {
    summary: "a simulated BNG: logins, accounting, CoA as a vendor's device does",
    load: async () => await import("./commands/bng.ts"),
  },
  radclient: {
    summary: "sends RADIUS requests; reads FreeRADIUS radclient's input",
    load: async () => await import("./commands/radclient.ts"),
  },
  doctor: {
    summary: "checks configuration, database, ports, upstream and each NAS",
    load: async () => await import("./commands/doctor.ts"),
  },
  bench: {
    summary: "measures this machine: accounting, access, CoA, report to CoA",
    load: async () => await import("./commands/bench.ts"),
  },
  demo: {
    summary: "shows it all on this machine: a server, a BNG, reports, CoA",
    load: async () => await import("./commands/demo.ts"),
  },
};

/** What the server starts by itself: not in the help. */
const radiusWorker = async (): Promise<Command> => await import("./commands/radius-worker.ts");

function help(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return `usage: weir COMMAND [--help]\n\n${lines.join("\n")}\n`;
}

function unknownCommand(name: string): string {
  const meant = nearestName(name, Object.keys(commands));
  return `weir: there is no command "${name}"${meant === undefined ? "" : `; is ${meant} meant?`}\nsee: weir --help\n`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name = "", ...rest] = args;
  if (["help", "--help", "-h"].includes(name)) {
    process.stdout.write(help());
    return 0;
  }
  if (["--version", "-V"].includes(name)) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const listed = Object.hasOwn(commands, name) ? commands[name]?.load : undefined;
  const load = name === "radius-worker" ? radiusWorker : listed;
  if (!load) {
    process.stderr.write(name === "" ? help() : unknownCommand(name));
    return 2;
  }
  return await (await load()).run(rest, process);
}

/** Whatever was written must leave before the process does. */
const flushed = (stream: NodeJS.WritableStream) => new Promise((resolve) => stream.write("", resolve));

// "weir key list | head -1": whoever read has had enough, and that is no failure. A command that holds something open
// listens as well: it gives that back and ends by itself.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  const isClosed = error.code === "EPIPE";
  if (!isClosed || process.stdout.listenerCount("error") === 1) process.exit(isClosed ? 0 : 1);
});

// Nobody hears what is complained of: that is no reason to stop in the middle.
process.stderr.on("error", () => undefined);

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
