import { parseArgs } from "node:util";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { createLog } from "../log.ts";
import { type RunningServer, startServer } from "../server.ts";
import { ServerPostgres } from "../server-postgres.ts";
import type { CommandIo } from "./command-io.ts";
import { configuration } from "./configuration.ts";
import { interruption } from "./interruption.ts";
import { forgetServer, noteServer } from "./ports/server-note.ts";
import { takenPorts } from "./ports/taken-ports.ts";
import { readArguments } from "./read-arguments.ts";
import { startProblem } from "./start-problem.ts";

const usage = `usage: weir serve

Runs until SIGTERM or SIGINT. Configured by the environment, or by the YAML file
that WEIR_CONFIG names: see README.md. Prints one line of JSON with
"msg":"ready" and its ports once it is up; its log is JSON too, a line each. It
goes on where nobody reads that any more.

exit code: 0 stopped as asked, 1 did not start, 2 wrong usage or configuration
`;

/** The three together stay under the 10 s after which whoever asked us to stop may kill us. */
const STOP_LIMIT_MS = 6_500;
const POSTGRES_STOP_LIMIT_MS = 1_000;
const POSTGRES_LIMIT_MS = 2_500;

const limited = async (work: Promise<unknown>, limitMs: number): Promise<"done" | "late"> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), limitMs);
  });
  const outcome = await Promise.race([work.then(() => "done" as const), late]);
  clearTimeout(timer);
  return outcome;
};

function announce(server: RunningServer, { stdout, stderr }: CommandIo): void {
  const { ports, host, newAdminKey, adminKeyFile } = server;
  const address = host.includes(":") ? `[${host}]` : host;
  const lines = [
    `API            http://${address}:${ports.http}`,
    `documentation  http://${address}:${ports.http}/docs`,
    ...(ports.auth ? [`RADIUS auth    ${address}:${ports.auth}/udp`] : []),
    ...(ports.acct ? [`RADIUS acct    ${address}:${ports.acct}/udp`] : []),
    ...(newAdminKey === undefined ? [] : [`admin key      ${newAdminKey}  (also in ${adminKeyFile})`]),
  ];
  stderr.write(`${lines.join("\n")}\n`);
  stdout.write(`${JSON.stringify({ msg: "ready", pid: process.pid, ...ports })}\n`);
}

/** Every port that is taken, where one is why it did not start; else the one problem, and who says more about it. */
async function startProblems(error: unknown, config: Config): Promise<string> {
  const problem = startProblem(error);
  // A RADIUS worker's error comes as a text.
  const taken = problem.includes("is taken by") ? await takenPorts(config) : [];
  const lines = taken.length > 0 ? taken : [problem];
  const hint = problem.endsWith("see DATABASE_URL") ? "try: weir doctor\n" : "";
  return `${lines.map((line) => `weir serve: ${line}\n`).join("")}${hint}`;
}

interface Stopping {
  readonly starting: Promise<RunningServer>;
  readonly postgres: ServerPostgres;
  readonly log: Logger;
}

async function stopInTime({ starting, postgres, log }: Stopping): Promise<void> {
  // Asked to stop in the middle of the start, that comes to nothing first, and has then nothing left to stop.
  const stopped = starting.then(
    (server) => server.stop(),
    (error: unknown) => log.debug({ err: error }, "the start was called off"),
  );
  if ((await limited(stopped, STOP_LIMIT_MS)) === "done") return;
  log.error("what was under way did not end in time; it goes on at the next start");
  // Whatever hangs, PostgreSQL does not stay behind.
  await limited(postgres.stop(POSTGRES_STOP_LIMIT_MS), POSTGRES_LIMIT_MS);
}

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const options = { help: { type: "boolean", short: "h" } } as const;
  const read = readArguments(io, { command: "serve", usage, count: [0, 0] }, () =>
    parseArgs({ args: [...args], options, allowPositionals: true }),
  );
  if (read.kind === "done") return read.code;
  const config = configuration(io);
  if (!config) return 2;
  const log = createLog(config.logLevel);
  for (const warning of config.warnings) log.warn(warning);
  const { ending } = interruption();
  // Whoever read the log has gone: customers' logins do not end for that.
  io.stdout.on("error", () => undefined);
  const postgres = new ServerPostgres({ dataFolder: config.dataDir, log });
  const stopping = new AbortController();
  const starting = startServer({ config, log, postgres, signal: stopping.signal });
  try {
    const server = await Promise.race([starting, ending.then(() => undefined)]);
    if (server !== undefined) {
      await noteServer(config.dataDir, server);
      announce(server, io);
    }
  } catch (error) {
    log.debug({ err: error }, "the start failed");
    io.stderr.write(await startProblems(error, config));
    return 1;
  }
  log.info({ signal: await ending }, "stopping");
  stopping.abort();
  await stopInTime({ starting, postgres, log });
  await forgetServer(config.dataDir);
  return 0;
}
